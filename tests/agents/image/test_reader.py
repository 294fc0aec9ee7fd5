import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from agents.image.catalogue import LocalImage
from agents.image.ranges import ImageAltered
from agents.image.reader import ImageFileDamaged, ImageStream, check_file
from fleet.contract.kinds import Compression

MIB = 1 << 20
Packer = Callable[..., LocalImage]


def go_on() -> bool:
    """A stop that nobody sets."""
    return False


def unpack(image: LocalImage) -> bytes:
    out = bytearray()
    with ImageStream(image) as stream:
        piece = bytearray(4 * MIB)
        while count := stream.readinto(memoryview(piece)):
            out += piece[:count]
    return bytes(out)


def stored(image: LocalImage, data: bytes) -> LocalImage:
    """The image with another file, and a manifest that says the file is so: only the stream's own checks are left."""
    image.path.write_bytes(data)
    update = {"file_bytes": len(data), "file_sha256": hashlib.sha256(data).hexdigest()}
    return replace(image, manifest=image.manifest.model_copy(update=update))


@pytest.mark.parametrize("compression", Compression)
@pytest.mark.parametrize("size", [8 * MIB, 9 * MIB + 4096])
def test_an_image_unpacks_to_its_bytes(packed: Packer, tmp_path: Path, compression: Compression, size: int) -> None:
    image = packed(size, compression)
    assert unpack(image) == (tmp_path / "raw.img").read_bytes()


def test_several_frames_are_one_image(packed: Packer, tmp_path: Path) -> None:
    image, raw = packed(), (tmp_path / "raw.img").read_bytes()
    halves = zstandard.compress(raw[:MIB]) + zstandard.compress(raw[MIB:])
    assert unpack(stored(image, halves)) == raw


@pytest.mark.parametrize("compression", Compression)
@pytest.mark.parametrize("cut", [1, 2, 3, 4, 5, 100_000])
def test_a_truncated_file_is_found_in_the_stream(packed: Packer, cut: int, compression: Compression) -> None:
    image = packed(compression=compression)
    whole = image.path.read_bytes()
    image.path.write_bytes(whole[:-cut])
    with pytest.raises(ImageAltered, match="fetch the image again"):
        unpack(image)


@pytest.mark.parametrize("compression", Compression)
@pytest.mark.parametrize("more", [b"x", b"garbage" * 100, zstandard.compress(b""), zstandard.compress(b"more")])
def test_something_after_the_end_is_found_in_the_stream(packed: Packer, compression: Compression, more: bytes) -> None:
    image = packed(compression=compression)
    image.path.write_bytes(image.path.read_bytes() + more)
    with pytest.raises(ImageAltered):
        unpack(image)


@pytest.mark.parametrize("compression", Compression)
def test_an_altered_byte_is_found_in_the_stream(packed: Packer, compression: Compression) -> None:
    image = packed(compression=compression)
    data = bytearray(image.path.read_bytes())
    data[len(data) // 2] ^= 1
    image.path.write_bytes(data)
    with pytest.raises(ImageAltered):
        unpack(image)


def test_another_image_of_the_same_size_is_found_by_its_hash(packed: Packer, tmp_path: Path) -> None:
    image, raw = packed(), bytearray((tmp_path / "raw.img").read_bytes())
    raw[5 * MIB] ^= 1
    with pytest.raises(ImageAltered, match="its SHA-256 is another"):
        unpack(stored(image, zstandard.compress(bytes(raw))))


def test_a_small_file_that_unpacks_to_much_more_is_stopped_early(packed: Packer) -> None:
    image = packed()
    bomb = zstandard.compress(bytes(512 * MIB))
    with pytest.raises(ImageAltered, match="more than"):
        unpack(stored(image, bomb))


def test_the_stored_file_is_checked_before_it_is_used(packed: Packer) -> None:
    image = packed()
    check_file(image, go_on)
    data = bytearray(image.path.read_bytes())
    data[-9] ^= 1
    image.path.write_bytes(data)
    with pytest.raises(ImageFileDamaged, match=r"altered.*Nothing was written"):
        check_file(image, go_on)
    image.path.write_bytes(data[:-1])
    with pytest.raises(ImageFileDamaged, match=f"has {len(data) - 1} bytes, its manifest says {len(data)}"):
        check_file(image, go_on)
    image.path.unlink()
    with pytest.raises(ImageFileDamaged, match="cannot be read"):
        check_file(image, go_on)
