"""bmap 2.0: which blocks of a disk image hold something, with the SHA-256 of each range.

The format is that of bmap-tools (https://github.com/yoctoproject/bmaptool); only its SHA-256 form is read and written.
"""

import hashlib
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder  # nosec B405 - only the tree; `_tree` parses, and refuses every DTD
from xml.parsers import expat

from agents.errors import Refused

_MAX_CHARACTERS: Final = 64 << 20
_RANGE: Final = re.compile(r"(\d{1,15})(?:-(\d{1,15}))?")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_OWN_CHECKSUM: Final = re.compile(r"(<BmapFileChecksum>\s*)([0-9a-f]{64})(\s*</BmapFileChecksum>)")
_SMALLEST_BLOCK: Final = 512
_LARGEST_BLOCK: Final = 1 << 20


class BmapError(Refused):
    """The image's block map is not right. Fetch the image again, or have it made anew."""


@dataclass(frozen=True, slots=True)
class MappedRange:
    """Blocks `first` to `last`, both included, and the SHA-256 of their bytes in lower-case hex."""

    first: int
    last: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Bmap:
    """A block map. Sizes in bytes; ranges ascend and do not touch one another's blocks."""

    image_bytes: int
    block_bytes: int
    ranges: tuple[MappedRange, ...]

    @property
    def blocks(self) -> int:
        """Blocks of the image, a partial last one counted."""
        return -(-self.image_bytes // self.block_bytes)

    def span(self, mapped: MappedRange) -> tuple[int, int]:
        """First byte of a range and the byte after its last."""
        return mapped.first * self.block_bytes, min((mapped.last + 1) * self.block_bytes, self.image_bytes)

    @property
    def mapped_bytes(self) -> int:
        """Bytes in all ranges."""
        return sum(end - start for start, end in map(self.span, self.ranges))

    @property
    def holes(self) -> tuple[tuple[int, int], ...]:
        """What is not mapped: (first byte, byte after the last), ascending."""
        spans = [(0, 0), *map(self.span, self.ranges), (self.image_bytes, self.image_bytes)]
        return tuple((before[1], after[0]) for before, after in pairwise(spans) if before[1] < after[0])


def to_xml(bmap: Bmap) -> str:
    """The block map as bmap 2.0 XML, its own checksum filled in."""
    rows = "".join(f'        <Range chksum="{r.sha256}"> {_numbers(r)} </Range>\n' for r in bmap.ranges)
    mapped_blocks = sum(r.last - r.first + 1 for r in bmap.ranges)
    blank = (
        '<?xml version="1.0" ?>\n<bmap version="2.0">\n'
        f"    <ImageSize> {bmap.image_bytes} </ImageSize>\n    <BlockSize> {bmap.block_bytes} </BlockSize>\n"
        f"    <BlocksCount> {bmap.blocks} </BlocksCount>\n    <MappedBlocksCount> {mapped_blocks} </MappedBlocksCount>\n"
        "    <ChecksumType> sha256 </ChecksumType>\n"
        f"    <BmapFileChecksum> {'0' * 64} </BmapFileChecksum>\n    <BlockMap>\n{rows}    </BlockMap>\n</bmap>\n"
    )
    return blank.replace("0" * 64, hashlib.sha256(blank.encode()).hexdigest(), 1)


def parse_bmap(text: str) -> Bmap:
    """A block map from bmap 2.0 XML, every figure in it checked against the others. Raises BmapError."""
    if len(text) > _MAX_CHARACTERS:
        raise BmapError("The block map is larger than 64 MiB. Have the image made anew.")
    root = _tree(text)
    if root.tag != "bmap" or not root.get("version", "").startswith("2."):
        raise BmapError(f"This is not a bmap of version 2 (<{root.tag} version={root.get('version')!r}>). Have it made anew.")
    _check_own_checksum(text)
    if (kind := _text(root, "ChecksumType")) != "sha256":
        raise BmapError(f"The block map's ranges carry {kind} checksums; SHA-256 is expected. Have it made anew.")
    bmap = Bmap(_number(root, "ImageSize"), _number(root, "BlockSize"), tuple(map(_range, root.iterfind("BlockMap/Range"))))
    _check_figures(bmap, blocks=_number(root, "BlocksCount"), mapped=_number(root, "MappedBlocksCount"))
    return bmap


def _numbers(mapped: MappedRange) -> str:
    return f"{mapped.first}-{mapped.last}" if mapped.last > mapped.first else f"{mapped.first}"


def _refuse_doctype(*_declaration: object) -> None:
    raise BmapError("The block map declares a document type, which no bmap needs and which can hide an attack. Do not use it.")


def _tree(text: str) -> Element:
    """Elements only: a DTD, the only place where entities can be declared, is refused when it begins."""
    builder = TreeBuilder()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise BmapError(f"The block map is not well-formed XML: {error}. Fetch the image again.") from error
    return builder.close()


def _check_own_checksum(text: str) -> None:
    """The map's own SHA-256 is taken over the file with zeros in the checksum's place."""
    found = _OWN_CHECKSUM.findall(text)
    if len(found) != 1:
        raise BmapError("The block map lacks its own checksum. Have it made anew with bmap-tools 3.1 or later.")
    blank = _OWN_CHECKSUM.sub(lambda match: match[1] + "0" * 64 + match[3], text)
    if hashlib.sha256(blank.encode()).hexdigest() != found[0][1]:
        raise BmapError("The block map was changed: its own checksum does not belong to it. Fetch the image again.")


def _text(root: Element, name: str) -> str:
    found = root.findtext(name)
    if found is None:
        raise BmapError(f"The block map has no {name}. Have it made anew.")
    return found.strip()


def _number(root: Element, name: str) -> int:
    text = _text(root, name)
    if not (text.isascii() and text.isdigit()):
        raise BmapError(f"The block map's {name} is {text!r}, not a number. Have it made anew.")
    return int(text)


def _range(element: Element) -> MappedRange:
    numbers = _RANGE.fullmatch((element.text or "").strip())
    checksum = element.get("chksum", "")
    if numbers is None or _SHA256.fullmatch(checksum) is None:
        raise BmapError(f"A range of the block map cannot be read: {(element.text or '').strip()!r}. Have it made anew.")
    first = int(numbers[1])
    return MappedRange(first, int(numbers[2] or first), checksum)


def _check_figures(bmap: Bmap, *, blocks: int, mapped: int) -> None:
    """Raises BmapError where a figure contradicts another."""
    size = bmap.block_bytes
    if not _SMALLEST_BLOCK <= size <= _LARGEST_BLOCK or size & (size - 1):
        raise BmapError(f"The block map has blocks of {size} bytes; a power of two from 512 to 1048576 is expected.")
    if bmap.image_bytes <= 0 or blocks != bmap.blocks:
        raise BmapError(f"The block map counts {blocks} blocks for {bmap.image_bytes} bytes. Have it made anew.")
    if any(r.last < r.first for r in bmap.ranges) or any(a.last >= b.first for a, b in pairwise(bmap.ranges)):
        raise BmapError("The ranges of the block map overlap or go backwards. Have it made anew.")
    if bmap.ranges and bmap.ranges[-1].last >= blocks:
        raise BmapError("The block map names blocks beyond the image's end. Have it made anew.")
    if sum(r.last - r.first + 1 for r in bmap.ranges) != mapped:
        raise BmapError(f"The block map says {mapped} mapped blocks, its ranges hold another number. Have it made anew.")
