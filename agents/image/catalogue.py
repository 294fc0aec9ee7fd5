"""The images that lie at the bench: found by name or by file."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agents.errors import Refused
from agents.image.manifest import SUFFIX, ManifestInvalid, ManifestSignatureInvalid, ManifestUnsigned, load_manifest
from fleet.contract.manifest import ImageManifest


class ImageNotFound(Refused):
    """There is no such image at this bench. Fetch it, or name one that is there."""


@dataclass(frozen=True, slots=True)
class LocalImage:
    """An image at the bench: what it must be, and the file that has to prove it."""

    manifest: ImageManifest
    path: Path


def find_image(images_dir: Path, file_or_name: str, *, service_key: Ed25519PublicKey | None = None) -> LocalImage:
    """The image of a name, of a name with its version (`name@version`), or of a file (the image itself or its manifest).

    Args:
        images_dir: where the bench keeps its images; a name is looked up here, the newest version first.
        file_or_name: what the operator or the configuration says.
        service_key: with one, only manifests signed by it are taken.

    Raises:
        ImageNotFound: nothing by that name; the message lists what there is.
        ManifestInvalid, ManifestSignatureInvalid, ManifestUnsigned: it is there and may not be used.
    """
    file = Path(file_or_name)
    if file.is_file():
        return _of_file(file, service_key)
    name, _, version = file_or_name.partition("@")
    here = sorted(path for path in images_dir.glob(f"*{SUFFIX}") if path.name.startswith(f"{name}-"))
    loaded = [(path, load_manifest(path, None)) for path in here]
    fitting = [(path, m) for path, m in loaded if m.name == name and version in {"", m.version}]
    if not fitting:
        known = ", ".join(sorted(path.name.removesuffix(SUFFIX) for path in images_dir.glob(f"*{SUFFIX}"))) or "none"
        raise ImageNotFound(f"There is no image {file_or_name!r} in {images_dir}. Images there: {known}.")
    newest, _ = max(fitting, key=lambda found: found[1].made_at)
    return _at(newest, service_key)


def local_images(images_dir: Path, service_key: Ed25519PublicKey | None) -> tuple[LocalImage, ...]:
    """Every image that lies here and may be used, by name, the newest first; what may not be used is left out."""
    found = []
    for path in images_dir.glob(f"*{SUFFIX}"):
        with suppress(ManifestInvalid, ManifestSignatureInvalid, ManifestUnsigned, ImageNotFound):
            found.append(_at(path, service_key))
    return tuple(sorted(found, key=lambda image: (image.manifest.name, -image.manifest.made_at.timestamp())))


def _of_file(file: Path, service_key: Ed25519PublicKey | None) -> LocalImage:
    if file.name.endswith(SUFFIX):
        return _at(file, service_key)
    for path in sorted(file.parent.glob(f"*{SUFFIX}")):
        if load_manifest(path, None).file_name == file.name:
            return _at(path, service_key)
    raise ImageNotFound(
        f"{file} has no manifest beside it. Put the {SUFFIX[1:]} file that came with the image into {file.parent}."
    )


def _at(manifest_path: Path, service_key: Ed25519PublicKey | None) -> LocalImage:
    manifest = load_manifest(manifest_path, service_key)
    if manifest.file_name in {".", ".."}:
        raise ManifestInvalid(f"{manifest_path}: {manifest.file_name!r} is no file name. Fetch the image again.")
    folder = manifest_path.parent
    image = next((file for file in (folder / manifest.file_sha256, folder / manifest.file_name) if file.is_file()), None)
    if image is None:
        raise ImageNotFound(f"{folder / manifest.file_name} is missing, though its manifest is there. Fetch the image again.")
    return LocalImage(manifest, image)
