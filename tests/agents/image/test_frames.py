import os
import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard

from agents.image.buffers import CHUNK_BYTES, Pool
from agents.image.catalogue import LocalImage
from agents.image.frames import Frame, plain_frames, read_frames, table_of
from agents.image.ranges import ImageAltered, RangeChecker
from agents.image.source import proven_chunks
from agents.image.writer import map_of
from fleet.contract.kinds import Compression

MIB = 1 << 20
Packer = Callable[..., LocalImage]


def frames_of(path: Path, size: int) -> tuple[Frame, ...] | None:
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_frames(fd, path.stat().st_size, size)
    finally:
        os.close(fd)


def test_a_packed_image_tells_where_its_frames_are(packed: Packer) -> None:
    image = packed(13 * MIB)
    frames = frames_of(image.path, 13 * MIB)
    assert frames is not None
    assert [(frame.offset, frame.length) for frame in frames] == [(at * MIB, min(4, 13 - at) * MIB) for at in (0, 4, 8, 12)]


def test_any_zstd_program_unpacks_it(packed: Packer, tmp_path: Path) -> None:
    image = packed(13 * MIB)
    with image.path.open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        assert reader.read() == (tmp_path / "raw.img").read_bytes()


def test_a_table_of_another_program_with_checksums_is_read(tmp_path: Path) -> None:
    """Entries of 12 bytes: the format's optional XXH64 of each frame."""
    data = random.Random(3).randbytes(8192)  # noqa: S311 - a test repeats itself
    parts = [zstandard.compress(data[:4096]), zstandard.compress(data[4096:])]
    rows = b"".join(len(part).to_bytes(4, "little") + (4096).to_bytes(4, "little") + b"sum!" for part in parts)
    footer = (2).to_bytes(4, "little") + b"\x80" + (0x8F92EAB1).to_bytes(4, "little")
    head = (0x184D2A5E).to_bytes(4, "little") + (len(rows) + len(footer)).to_bytes(4, "little")
    file = tmp_path / "a.zst"
    file.write_bytes(b"".join(parts) + head + rows + footer)
    assert frames_of(file, 8192) == (
        Frame(0, len(parts[0]), 0, 4096),
        Frame(len(parts[0]), len(parts[1]), 4096, 4096),
    )


@pytest.mark.parametrize(
    ("file", "size"),
    [
        (b"", 4096),
        (b"x" * 100, 4096),
        (b"x" * 10 + table_of([(10, 4096)]), 8192),
        (b"x" * 11 + table_of([(10, 4096)]), 4096),
        (b"x" * 20 + table_of([(10, 100), (10, 3996)]), 4096),
        (b"x" * 10 + table_of([(10, CHUNK_BYTES + 1)]), CHUNK_BYTES + 1),
        (table_of([(10, 4096)])[20:], 4096),
    ],
)
def test_a_table_that_does_not_fit_is_not_believed(tmp_path: Path, file: bytes, size: int) -> None:
    path = tmp_path / "a.zst"
    path.write_bytes(file)
    assert frames_of(path, size) is None


def test_a_plain_file_is_read_from_anywhere() -> None:
    assert plain_frames(5 * MIB) == (Frame(0, 4 * MIB, 0, 4 * MIB), Frame(4 * MIB, MIB, 4 * MIB, MIB))


def mapped_bytes(image: LocalImage) -> dict[int, bytes]:
    """What the source hands out, by its place in the image."""
    pool, found = Pool(6), {}
    for chunk in proven_chunks(image, map_of(image.manifest), pool.take):
        for start, end in chunk.pieces:
            found[start] = bytes(chunk.data(start, end))
        chunk.buffer.release()
    return found


@pytest.mark.parametrize("way", ["frames", "one frame", "plain"])
def test_the_source_hands_out_every_mapped_byte_and_no_other(packed: Packer, tmp_path: Path, way: str) -> None:
    image = packed(20 * MIB, Compression.NONE if way == "plain" else Compression.ZSTD)
    raw = (tmp_path / "raw.img").read_bytes()
    if way == "one frame":
        image = stored_anew(image, zstandard.compress(raw))
    found = mapped_bytes(image)
    assert all(raw[start : start + len(data)] == data for start, data in found.items())
    assert sum(map(len, found.values())) == map_of(image.manifest).mapped_bytes


def stored_anew(image: LocalImage, data: bytes) -> LocalImage:
    image.path.write_bytes(data)
    changes = {"file_bytes": len(data), "file_sha256": sha256(data).hexdigest()}
    return LocalImage(image.manifest.model_copy(update=changes), image.path)


@pytest.mark.parametrize("damage", ["byte", "swapped", "short", "missing"])
def test_a_frame_that_is_not_what_the_map_says_is_found(packed: Packer, tmp_path: Path, damage: str) -> None:
    """The table is not what proves an image: the SHA-256 of each range is."""
    image, raw = packed(20 * MIB), (tmp_path / "raw.img").read_bytes()
    parts = [raw[at : at + 4 * MIB] for at in range(0, len(raw), 4 * MIB)]
    match damage:
        case "byte":
            parts[0] = parts[0][: MIB + 9] + b"!" + parts[0][MIB + 10 :]
        case "swapped":
            parts[0], parts[1] = parts[1], parts[0]
        case "missing":
            parts[1] = bytes(4 * MIB)
        case _:
            pass
    packed_parts = [zstandard.compress(part) for part in parts]
    if damage == "short":
        packed_parts[1] = zstandard.compress(parts[1][:-4096])
    table = table_of([(len(part), 4 * MIB) for part in packed_parts])
    with pytest.raises(ImageAltered, match="start anew"):
        mapped_bytes(stored_anew(image, b"".join(packed_parts) + table))


def test_an_image_that_ends_before_its_last_range_is_found(packed: Packer) -> None:
    checker = RangeChecker(map_of(packed().manifest))
    with pytest.raises(ImageAltered, match="ends before block"):
        checker.end()
