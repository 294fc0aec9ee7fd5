"""The cache with a service in memory: what breaks off goes on, what is wrong is thrown away, what is old gives way."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.errors import Refused
from agents.image import cache
from agents.image.cache import Content, FetchAltered, FetchBroken, FetchRunning, ImageCache, NoRoom
from agents.image.catalogue import LocalImage, find_image, local_images
from agents.image.manifest import ManifestSignatureInvalid
from fleet.contract.signing import SignedDocument, sign

KEY = Ed25519PrivateKey.generate()
PIECE = 4096
Packer = Callable[..., LocalImage]


@dataclass
class Service:
    """Sends a file in pieces; ends early after `breaks_at` bytes; notes where it was asked to begin."""

    data: bytes
    breaks_at: int | None = None
    can_go_on: bool = True
    asked: list[int] = field(default_factory=list)

    @contextmanager
    def content(self, file_sha256: str, start: int) -> Iterator[Content]:
        del file_sha256
        self.asked.append(start)
        begin = start if self.can_go_on else 0
        end = len(self.data) if self.breaks_at is None else self.breaks_at
        yield Content(begin, (self.data[at : min(at + PIECE, end)] for at in range(begin, end, PIECE)))


class Made(NamedTuple):
    cache: ImageCache
    document: SignedDocument
    service: Service
    image: LocalImage
    folder: Path


@pytest.fixture
def made(packed: Packer, tmp_path: Path) -> Made:
    image, folder = packed(), tmp_path / "bench"
    return Made(
        ImageCache(folder, KEY.public_key(), keep=2), sign(image.manifest, KEY), Service(image.path.read_bytes()), image, folder
    )


def test_a_fetched_image_is_found_by_name_and_not_fetched_again(made: Made) -> None:
    fetched = made.cache.fetch(made.document, made.service)
    assert fetched.path.read_bytes() == made.service.data
    assert find_image(made.folder, "demo", service_key=KEY.public_key()) == fetched
    made.cache.fetch(made.document, made.service)
    assert made.service.asked == [0]


@pytest.mark.parametrize("can_go_on", [True, False])
def test_what_broke_off_goes_on_where_it_was(made: Made, can_go_on: bool) -> None:
    made.service.breaks_at = 10_000
    with pytest.raises(FetchBroken, match=r"10000 of \d+ bytes are here"):
        made.cache.fetch(made.document, made.service)
    assert made.cache.arrived(made.image.manifest) == 10_000
    made.service.breaks_at, made.service.can_go_on = None, can_go_on
    assert made.cache.fetch(made.document, made.service).path.read_bytes() == made.service.data
    assert made.service.asked == [0, 10_000]


@pytest.mark.parametrize("where", [0, 9_999, -1])
def test_an_altered_byte_throws_all_of_it_away(made: Made, where: int) -> None:
    good = made.service.data
    altered = bytearray(good)
    altered[where] ^= 1
    made.service.data = bytes(altered)
    with pytest.raises(FetchAltered, match="thrown away"):
        made.cache.fetch(made.document, made.service)
    assert made.cache.arrived(made.image.manifest) == 0
    assert local_images(made.folder, None) == ()
    made.service.data = good
    assert made.cache.fetch(made.document, made.service).path.read_bytes() == good


def test_a_part_that_was_altered_on_the_disk_is_thrown_away(made: Made) -> None:
    made.service.breaks_at = 10_000
    with pytest.raises(FetchBroken):
        made.cache.fetch(made.document, made.service)
    (part,) = made.folder.glob(".*.part")
    part.write_bytes(b"x" * 10_000)
    made.service.breaks_at = None
    with pytest.raises(FetchAltered):
        made.cache.fetch(made.document, made.service)


def test_a_service_that_sends_more_is_not_followed(made: Made) -> None:
    made.service.data += b"x" * (10 * PIECE)
    with pytest.raises(FetchAltered):
        made.cache.fetch(made.document, made.service)


def test_a_manifest_that_the_service_did_not_sign_is_refused_before_anything_is_asked(made: Made) -> None:
    forged = sign(made.image.manifest, Ed25519PrivateKey.generate())
    with pytest.raises(ManifestSignatureInvalid):
        made.cache.fetch(forged, made.service)
    assert made.service.asked == []


def test_without_room_nothing_is_asked_and_the_figures_are_said(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil.disk_usage("/")._replace(free=300 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
    monkeypatch.setattr(cache, "_RESERVE", 300 << 20)
    with pytest.raises(NoRoom, match=rf"{300 << 20} bytes free.*needs {len(made.service.data)}") as caught:
        made.cache.fetch(made.document, made.service)
    assert isinstance(caught.value, Refused)
    assert made.service.asked == []


def test_two_do_not_fetch_the_same_at_once(made: Made) -> None:
    made.folder.mkdir()
    with made.cache._unfinished(made.image.manifest), pytest.raises(FetchRunning):
        made.cache.fetch(made.document, made.service)


def test_a_stop_keeps_what_came(made: Made) -> None:
    with pytest.raises(FetchBroken):
        made.cache.fetch(made.document, made.service, stop=lambda: True)
    assert made.cache.arrived(made.image.manifest) == PIECE


def test_old_versions_give_way_and_what_was_put_here_by_hand_stays(made: Made) -> None:
    made.folder.mkdir()
    shutil.copy(made.image.path, made.folder)
    by_hand = made.folder / "demo-1.0.img.zst"
    manifest = made.image.manifest
    for number in range(4):
        version = manifest.model_copy(update={"version": f"2.{number}", "made_at": manifest.made_at + timedelta(days=number)})
        made.cache.fetch(sign(version, KEY), made.service)
    assert [image.manifest.version for image in local_images(made.folder, KEY.public_key())] == ["2.3", "2.2"]
    assert by_hand.exists()
    assert (made.folder / manifest.file_sha256).exists()
