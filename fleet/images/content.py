"""The bytes of images, on disk: one file for each content, named by its SHA-256.

Organisations that publish the same content share the file; which of them did is in the database, and only those may read it.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet.contract.manifest import ImageManifest
from fleet.errors import N_, Invalid, NotFound, Unavailable

_COPY_BYTES: Final = 1 << 20


class ContentDiffers(Invalid):
    """The file is not the one that the manifest describes."""

    msgid = N_("{file} is not the file of {name} {version}: {why}. Give the file that was made with this manifest.")


class ContentMissing(NotFound):
    """The manifest is published, the file is not."""

    msgid = N_("The file of this image is not kept here. Publish it on the server: fleet image publish MANIFEST FILE")


class StoreFull(Unavailable):
    """No room, or no right to write."""

    msgid = N_("The image cannot be stored in {folder}: {why}. Make room there, and publish it again.")


@dataclass(frozen=True)
class ContentStore:
    """A folder of contents."""

    folder: Path

    def path(self, file_sha256: str) -> Path:
        """Where a content is or would be."""
        return self.folder / file_sha256[:2] / file_sha256

    def find(self, file_sha256: str, file_bytes: int) -> Path:
        """The file of a content. Raises ContentMissing when it is not there whole."""
        path = self.path(file_sha256)
        try:
            whole = path.stat().st_size == file_bytes
        except OSError as error:
            raise ContentMissing from error
        if not whole:
            raise ContentMissing
        return path

    def add(self, file: Path, manifest: ImageManifest) -> None:
        """Copy a file in, hashed on the way; it is there whole or not at all. Raises ContentDiffers, StoreFull."""
        self._expect(file, manifest, manifest.file_bytes, _size(file, manifest), "it has {} bytes instead of {}")
        target = self.path(manifest.file_sha256)
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._expect(file, manifest, manifest.file_sha256, _copied(file, unfinished), "its SHA-256 is {} instead of {}")
            unfinished.replace(target)
            _synced(target.parent)
        except OSError as error:
            raise StoreFull(folder=str(self.folder), why=error.strerror or str(error)) from error
        finally:
            unfinished.unlink(missing_ok=True)

    def _expect(self, file: Path, manifest: ImageManifest, wanted: object, found: object, why: str) -> None:
        if wanted != found:
            raise ContentDiffers(file=str(file), name=manifest.name, version=manifest.version, why=why.format(found, wanted))


def _size(file: Path, manifest: ImageManifest) -> int:
    try:
        return file.stat().st_size
    except OSError as error:
        why = error.strerror or str(error)
        raise ContentDiffers(file=str(file), name=manifest.name, version=manifest.version, why=why) from error


def _copied(file: Path, target: Path) -> str:
    """Copy and flush; the SHA-256 of what was copied, in lower-case hex. Raises OSError."""
    hashed = hashlib.sha256()
    with file.open("rb") as source, target.open("wb") as copy:
        while data := source.read(_COPY_BYTES):
            hashed.update(data)
            copy.write(data)
        copy.flush()
        os.fsync(copy.fileno())
    return hashed.hexdigest()


def _synced(folder: Path) -> None:
    """Make a rename durable."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
