"""A photo is kept as a picture: what says where it was taken goes, what is drawn stays."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fleet.destruction.photo import MAX_PHOTO_BYTES, PhotoUnfit, clean
from tests.fleet.destruction.pictures import SECRET, jpeg, png


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).convert("RGB").tobytes()


@pytest.mark.parametrize("data", [jpeg(), jpeg(progressive=True), png()], ids=["jpeg", "progressive", "png"])
def test_the_place_goes_and_the_picture_stays(data):
    assert SECRET in data
    photo = clean(data)
    assert SECRET not in photo.content
    assert pixels(photo.content) == pixels(data)
    assert clean(photo.content) == photo


def test_the_way_up_is_kept_and_nothing_else_of_the_camera():
    photo = clean(jpeg(orientation=6))
    exif = Image.open(io.BytesIO(photo.content)).getexif()
    assert dict(exif) == {0x0112: 6}
    assert dict(Image.open(io.BytesIO(clean(jpeg()).content)).getexif()) == {}


def test_types_go_by_the_bytes():
    assert clean(jpeg()).media_type == "image/jpeg"
    assert clean(png()).media_type == "image/png"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(40),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xd9",
        jpeg()[:300],
        png()[:40],
        png().replace(b"IDAT", b"IDAX"),
        b"\x89PNG\r\n\x1a\n",
        jpeg()[:2] + bytes(MAX_PHOTO_BYTES),
    ],
)
def test_what_is_no_photo_is_refused(data):
    with pytest.raises(PhotoUnfit):
        clean(data)


def test_a_picture_of_impossible_size_is_refused():
    data = jpeg()
    at = data.index(b"\xff\xc0")
    with pytest.raises(PhotoUnfit):
        clean(data[: at + 5] + b"\xff\xff\xff\xff" + data[at + 9 :])


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(st.integers(0, 4000), st.integers(1, 12), st.binary(max_size=12))
def test_damage_is_refused_or_harmless(at, length, patch):
    for whole in (jpeg(orientation=3), png()):
        try:
            photo = clean(whole[:at] + patch + whole[at + length :])
        except PhotoUnfit:
            continue
        assert photo.content
