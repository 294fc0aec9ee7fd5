import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.image.bmap import Bmap, BmapError, MappedRange, parse_bmap, to_xml
from agents.image.scan import scan_image

MAP = Bmap(40_000, 4096, (MappedRange(0, 1, "ab" * 32), MappedRange(4, 4, "cd" * 32), MappedRange(9, 9, "ef" * 32)))


def resealed(text: str) -> str:
    """The map with its own checksum made right again, so that only the change under test is wrong."""
    blank = re.sub(r"(<BmapFileChecksum>\s*)[0-9a-f]{64}", lambda match: match[1] + "0" * 64, text)
    return blank.replace("0" * 64, hashlib.sha256(blank.encode()).hexdigest(), 1)


@st.composite
def maps(draw: st.DrawFn) -> Bmap:
    cuts = sorted(draw(st.sets(st.integers(0, 500), max_size=30)))
    ranges = tuple(MappedRange(a, b - 1, "0f" * 32) for a, b in zip(cuts[::2], cuts[1::2], strict=False) if b > a)
    return Bmap(draw(st.integers(500 * 4096 + 1, 501 * 4096)), 4096, ranges)


@given(maps())
def test_a_map_survives_its_xml(bmap: Bmap) -> None:
    assert parse_bmap(to_xml(bmap)) == bmap
    assert bmap.mapped_bytes + sum(end - start for start, end in bmap.holes) == bmap.image_bytes


def test_spans_end_at_the_images_last_byte() -> None:
    assert MAP.span(MAP.ranges[2]) == (36_864, 40_000)
    assert MAP.holes == ((8192, 16_384), (20_480, 36_864))
    assert MAP.mapped_bytes == 8192 + 4096 + 3136


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('version="2.0"', 'version="1.3"', "version 2"),
        ("> sha256 <", "> sha1 <", "sha1"),
        ("<BlocksCount> 10 ", "<BlocksCount> 11 ", "counts 11 blocks"),
        ("<BlockSize> 4096 ", "<BlockSize> 4095 ", "4095"),
        ("<BlockSize> 4096 ", "<BlockSize> many ", "not a number"),
        ("<MappedBlocksCount> 4 ", "<MappedBlocksCount> 5 ", "5 mapped"),
        ("> 4 </Range", "> 1 </Range", "overlap"),
        ("> 0-1 <", "> 1-0 <", "overlap or go backwards"),
        ("> 9 </Range", "> 10 </Range", "beyond"),
        ("> 9 </Range", "> -9 </Range", "cannot be read"),
        ("cd" * 32, "cd" * 31, "cannot be read"),
        ("<ImageSize> 40000 </ImageSize>", "", "no ImageSize"),
        ("</bmap>", "", "well-formed"),
    ],
)
def test_a_wrong_figure_is_found_and_named(old: str, new: str, said: str) -> None:
    changed = to_xml(MAP).replace(old, new)
    assert changed != to_xml(MAP)
    with pytest.raises(BmapError, match=said):
        parse_bmap(resealed(changed))


def test_one_changed_character_breaks_the_maps_own_checksum() -> None:
    with pytest.raises(BmapError, match="was changed"):
        parse_bmap(to_xml(MAP).replace("cd" * 32, "ce" + "cd" * 31))
    with pytest.raises(BmapError, match="lacks its own checksum"):
        parse_bmap(re.sub(r"<BmapFileChecksum>.*</BmapFileChecksum>", "", to_xml(MAP)))


@pytest.mark.parametrize(
    "dtd", ['<!DOCTYPE bmap [<!ENTITY a "aaaa">]>', '<!DOCTYPE bmap SYSTEM "http://x.org/a.dtd">', "<!DOCTYPE bmap>"]
)
def test_a_document_type_is_refused_before_any_entity_is_read(dtd: str) -> None:
    text = to_xml(MAP).replace("<bmap", f"{dtd}\n<bmap", 1)
    with pytest.raises(BmapError, match="document type"):
        parse_bmap(text)


def test_a_scanned_image_maps_exactly_its_blocks_that_hold_something(tmp_path: Path) -> None:
    raw = tmp_path / "raw.img"
    content = bytearray(3 * (1 << 20) + 1000)
    for offset in (0, 4096, 500_000, (1 << 20) - 1, 1 << 20, len(content) - 1):
        content[offset] = 1
    raw.write_bytes(content)
    dense = scan_image(raw)
    with raw.open("r+b") as file:  # the same image with real holes
        file.truncate(0)
        file.truncate(len(content))
        for offset in range(0, len(content), 4096):
            if any(block := content[offset : offset + 4096]):
                file.seek(offset)
                file.write(block)
    assert scan_image(raw) == dense
    assert dense.sha256 == hashlib.sha256(content).hexdigest()
    assert [(r.first, r.last) for r in dense.bmap.ranges] == [(0, 1), (122, 122), (255, 256), (768, 768)]
    for mapped in dense.bmap.ranges:
        start, end = dense.bmap.span(mapped)
        assert mapped.sha256 == hashlib.sha256(content[start:end]).hexdigest()


def test_an_empty_image_maps_nothing(tmp_path: Path) -> None:
    (tmp_path / "raw.img").write_bytes(bytes(8192))
    bmap = scan_image(tmp_path / "raw.img").bmap
    assert bmap.ranges == ()
    assert parse_bmap(to_xml(bmap)).holes == ((0, 8192),)


@pytest.mark.process
def test_maps_go_both_ways_between_us_and_bmaptool(tmp_path: Path) -> None:
    raw, copy = tmp_path / "raw.img", tmp_path / "copy.img"
    with raw.open("wb") as file:
        file.truncate(8 << 20)
        for offset in (0, 1 << 20, (8 << 20) - 4096):
            file.seek(offset)
            file.write(b"data" * 1024)
    theirs = subprocess.run(["bmaptool", "create", str(raw)], check=True, capture_output=True, text=True).stdout
    ours = scan_image(raw).bmap
    assert parse_bmap(theirs) == ours
    (tmp_path / "raw.bmap").write_text(to_xml(ours))
    subprocess.run(
        ["bmaptool", "copy", "--bmap", str(tmp_path / "raw.bmap"), str(raw), str(copy)], check=True, capture_output=True
    )
    assert copy.read_bytes() == raw.read_bytes()
