"""Manifests of disk images as files: `NAME-VERSION.manifest.json` beside the image, signed by the service or plain.

A signed one holds `payload`, `signature` and `key_id` (SignedDocument); a plain one holds the manifest itself.
"""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from agents.errors import Refused
from agents.shell.files import write_whole
from fleet.contract.canonical import CanonicalError, canonical, parse_object
from fleet.contract.manifest import ImageManifest
from fleet.contract.signing import SignatureError, SignedDocument, check

SUFFIX: Final = ".manifest.json"
_MAX_BYTES: Final = 128 << 20


class ManifestInvalid(Refused):
    """The image's manifest is not right. Fetch the image again."""


class ManifestSignatureInvalid(Refused):
    """The manifest was not signed by your service, or was changed. Fetch the image again; do not use it."""


class ManifestUnsigned(Refused):
    """The manifest is not signed, and this bench takes only images of its service. Register the image there first."""


def load_manifest(path: Path, service_key: Ed25519PublicKey | None) -> ImageManifest:
    """A manifest from its file.

    Args:
        path: the manifest's file.
        service_key: with one, the manifest must be signed by it; without, a signature is not looked at.

    Raises:
        ManifestInvalid, ManifestSignatureInvalid, ManifestUnsigned: each names the file.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ManifestInvalid(f"{path}: larger than 128 MiB, so not a manifest. Fetch the image again.")
        data = path.read_bytes()
        signed = "payload" in parse_object(data)
        document = SignedDocument.model_validate_json(data) if signed else None
    except (OSError, CanonicalError, ValidationError) as error:
        raise ManifestInvalid(f"{path}: this is not an image manifest ({error}). Fetch the image again.") from error
    if document is None:
        if service_key is not None:
            raise ManifestUnsigned(f"{path}: {ManifestUnsigned.__doc__}")
        return _parsed(data, path)
    return _parsed(document.payload if service_key is None else _checked(document, service_key, path), path)


def manifest_from(document: SignedDocument, service_key: Ed25519PublicKey) -> ImageManifest:
    """The manifest of a catalogue entry, its signature proven. Raises ManifestInvalid, ManifestSignatureInvalid."""
    return _parsed(_checked(document, service_key, "the catalogue's image"), "the catalogue's image")


def save_manifest(folder: Path, document: ImageManifest | SignedDocument) -> Path:
    """Write a manifest into its folder, whole or not at all. Raises OSError, and ManifestInvalid for another kind of document."""
    if isinstance(document, SignedDocument):
        manifest, data = _parsed(document.payload, folder), document.model_dump_json().encode()
    else:
        manifest, data = document, canonical(document)
    path = manifest_path(folder, manifest)
    write_whole(path, data)
    return path


def manifest_path(folder: Path, manifest: ImageManifest) -> Path:
    """Where a manifest lies in its folder."""
    return folder / f"{manifest.name}-{manifest.version}{SUFFIX}"


def _checked(document: SignedDocument, service_key: Ed25519PublicKey, where: Path | str) -> bytes:
    try:
        return check(document, service_key)
    except SignatureError as error:
        raise ManifestSignatureInvalid(f"{where}: {error}. {ManifestSignatureInvalid.__doc__}") from error


def _parsed(payload: bytes, where: Path | str) -> ImageManifest:
    try:
        return ImageManifest.model_validate_json(payload)
    except ValidationError as error:
        raise ManifestInvalid(f"{where}: this is not an image manifest ({error}). Fetch the image again.") from error
