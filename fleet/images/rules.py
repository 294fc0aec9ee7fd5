"""What must hold of a manifest before it is signed. Pure."""

import re
from typing import Final
from xml.etree import ElementTree as ET

from pydantic import ValidationError

from fleet.contract.canonical import CanonicalError, parse_object
from fleet.contract.kinds import Compression
from fleet.contract.manifest import ImageManifest
from fleet.contract.signing import SignedDocument
from fleet.errors import N_, Invalid

MOST_BMAP_CHARS: Final = 8_000_000
_DECLARES: Final = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


class ManifestUnreadable(Invalid):
    """A file that is no manifest."""

    msgid = N_("{file} is no image manifest. Give the .manifest.json file that was made with the image.")


class ManifestWrong(Invalid):
    """The manifest contradicts itself."""

    msgid = N_("The manifest of {name} {version} does not hold: {why}. Make it again from the image file.")


def published(data: bytes, where: str) -> ImageManifest:
    """A manifest from its file, plain or signed by any service. Raises ManifestUnreadable."""
    try:
        signed = "payload" in parse_object(data)
        return ImageManifest.model_validate_json(SignedDocument.model_validate_json(data).payload if signed else data)
    except (CanonicalError, ValidationError) as error:
        raise ManifestUnreadable(file=where) from error


def check_manifest(manifest: ImageManifest) -> None:
    """Raises ManifestWrong when sizes, hashes and block map do not belong together."""
    why = _plain_file(manifest) or _block_map(manifest)
    if why:
        raise ManifestWrong(name=manifest.name, version=manifest.version, why=why)


def _plain_file(manifest: ImageManifest) -> str | None:
    if manifest.compression is not Compression.NONE:
        return None
    if manifest.file_bytes != manifest.size_bytes:
        return f"an unpacked file of {manifest.file_bytes} bytes cannot hold {manifest.size_bytes} bytes"
    return None if manifest.file_sha256 == manifest.sha256 else "file_sha256 and sha256 differ though nothing is packed"


def _block_map(manifest: ImageManifest) -> str | None:
    """What is wrong with the block map (bmap 2.0)."""
    if len(manifest.bmap) > MOST_BMAP_CHARS:
        return f"the block map is longer than {MOST_BMAP_CHARS} characters"
    if _DECLARES.search(manifest.bmap):
        return "the block map declares entities"
    try:
        root = ET.fromstring(manifest.bmap)  # noqa: S314 - no entities (above), an admin's document, bounded in length
    except ET.ParseError as error:
        return f"the block map is not XML ({error})"
    if root.tag != "bmap" or not root.get("version", "").startswith("2."):
        return "the block map is not bmap 2.0"
    size = (root.findtext("ImageSize") or "").strip()
    if size != str(manifest.size_bytes):
        return f"the block map is of an image of {size or '?'} bytes, not {manifest.size_bytes}"
    return None if root.findall("BlockMap/Range") else "the block map maps nothing"
