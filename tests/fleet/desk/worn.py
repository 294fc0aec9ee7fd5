"""A label as a camera sees it after a year: printed, rasterised, blurred, noisy, turned, pale and scratched; as a film."""

import io
import random
from collections.abc import Sequence

import pypdfium2
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from labels.pdf import AssetLabel, asset_label
from labels.stock import LabelSize

SIZE = (1280, 720)
RATE = 30
"""Frames a second at which Chromium plays a file as its camera."""


def photo(label: AssetLabel, rng: random.Random) -> Image.Image:
    """One picture of a worn label, some 600 of 1280 pixels wide."""
    document = pypdfium2.PdfDocument(asset_label(label, LabelSize.TAPE_62X29))
    with document:
        drawn = document[0].render(scale=250 / 72, grayscale=True).to_pil().convert("L")
    pen = ImageDraw.Draw(drawn)
    y = rng.randrange(drawn.height // 3, drawn.height // 2)
    pen.line((0, y, drawn.width, y + rng.randrange(20, 60)), fill=255, width=4)
    pale = ImageEnhance.Contrast(drawn).enhance(0.55)
    turned = pale.rotate(rng.uniform(-12, 12), expand=True, fillcolor=140, resample=Image.Resampling.BICUBIC)
    scene = Image.new("L", SIZE, 140)
    scene.paste(turned, ((SIZE[0] - turned.width) // 2 + rng.randrange(-40, 40), (SIZE[1] - turned.height) // 2))
    noise = Image.effect_noise(SIZE, 40)
    return Image.blend(scene.filter(ImageFilter.GaussianBlur(1.3)), noise, 0.15)


def film(labels: Sequence[AssetLabel], *, seconds: float = 0.4, between: float = 0.1, seed: int = 4) -> bytes:
    """Each label for a while with an empty table in between: JPEG after JPEG, as .mjpeg."""
    rng = random.Random(seed)  # noqa: S311 - wear is no secret
    empty = _jpeg(Image.blend(Image.new("L", SIZE, 140), Image.effect_noise(SIZE, 40), 0.15))
    frames: list[bytes] = []
    for label in labels:
        for _ in range(3):
            frames += [_jpeg(photo(label, rng))] * int(seconds * RATE / 3)
        frames += [empty] * int(between * RATE)
    return b"".join(frames)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=70)
    return buffer.getvalue()
