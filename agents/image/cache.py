"""The bench's own copies of catalogue images: fetched once, resumed where a fetch broke off, kept only when their hash is right.

A file lies under its own SHA-256 beside the signed manifests of its images; what is under way has a name of its own, so a name in
the cache always means a whole file. Old versions give way to new ones.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agents.errors import Failed, Refused
from agents.image.catalogue import LocalImage, local_images
from agents.image.manifest import manifest_from, manifest_path, save_manifest
from agents.shell.progress import Meter, Phase, ProgressSink, ignore
from fleet.contract.manifest import ImageManifest
from fleet.contract.signing import SignedDocument

_RESERVE: Final = 256 << 20
"""Left free on the bench's disk: its journal and certificates must always find room."""
_READ: Final = 1 << 20
_SYNC_BYTES: Final = 64 << 20
"""What a power cut may cost of a fetch."""


class NoRoom(Refused):
    """The bench's disk has no room for this image. Make room, or set `images_dir` to another disk."""


class FetchAltered(Failed):
    """What was fetched is not the image of the catalogue; it was thrown away. Fetch it again; if it stays, tell your admin."""


class FetchBroken(Failed):
    """The fetch was interrupted. What came is kept: fetch it again, and it goes on from there."""


class FetchRunning(Refused):
    """Another program at this bench is fetching this image. Wait for it."""


@dataclass(frozen=True)
class Content:
    """An answer: the bytes from `start` on; a service that cannot go on from the middle begins at 0."""

    start: int
    pieces: Iterator[bytes]


class Remote(Protocol):
    """Where images come from."""

    def content(self, file_sha256: str, start: int) -> AbstractContextManager[Content]:
        """The stored file from byte `start` on, if it can be."""


class ImageCache:
    """The images folder of a bench.

    Args:
        folder: where manifests and files lie; made when absent.
        service_key: only manifests signed by it are taken.
        keep: how many versions of each image stay.
    """

    def __init__(self, folder: Path, service_key: Ed25519PublicKey, *, keep: int) -> None:
        self._folder, self._key, self._keep = folder, service_key, keep

    def fetch(
        self,
        document: SignedDocument,
        remote: Remote,
        *,
        on_progress: ProgressSink = ignore,
        stop: Callable[[], bool] = lambda: False,
    ) -> LocalImage:
        """An image of the catalogue, from the cache or else from the service.

        Raises:
            ManifestInvalid, ManifestSignatureInvalid, NoRoom, FetchRunning: nothing was fetched.
            FetchAltered, FetchBroken, and what `remote` raises.
        """
        manifest = manifest_from(document, self._key)
        file = self._folder / manifest.file_sha256
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._has(manifest):
            with self._unfinished(manifest) as part:
                self._make_room(manifest, part)
                _complete(part, manifest, remote, Meter(Phase.FETCH, manifest.file_bytes, on_progress), stop)
                Path(part.name).replace(file)
        save_manifest(self._folder, document)
        self.evict()
        return LocalImage(manifest, file)

    def arrived(self, manifest: ImageManifest) -> int:
        """Bytes of an image's file that are here, whole or in part."""
        for path in (self._folder / manifest.file_sha256, self._part(manifest)):
            with suppress(OSError):
                return path.stat().st_size
        return 0

    def evict(self, keep: int | None = None) -> None:
        """Let go of versions that newer ones have replaced; an image that was put here by hand, and signed by nobody, stays."""
        here = local_images(self._folder, self._key)
        for name in {image.manifest.name for image in here}:
            versions = sorted(
                (image for image in here if image.manifest.name == name), key=lambda image: image.manifest.made_at, reverse=True
            )
            self._drop(versions[keep or self._keep :])

    def _part(self, manifest: ImageManifest) -> Path:
        return self._folder / f".{manifest.file_sha256}.part"

    def _has(self, manifest: ImageManifest) -> bool:
        with suppress(OSError):
            return (self._folder / manifest.file_sha256).stat().st_size == manifest.file_bytes
        return False

    def _drop(self, images: Sequence[LocalImage]) -> None:
        """Manifests first: a manifest without its file would be an error, a file without a manifest is only space."""
        for image in images:
            manifest_path(self._folder, image.manifest).unlink(missing_ok=True)
        kept = {image.path for image in local_images(self._folder, None)}
        for image in images:
            if image.path not in kept:
                image.path.unlink(missing_ok=True)

    @contextmanager
    def _unfinished(self, manifest: ImageManifest) -> Iterator[BinaryIO]:
        """The part that came so far, held by this process alone. Raises FetchRunning."""
        path = self._part(manifest)
        with path.open("a+b") as part:
            try:
                fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise FetchRunning from error
            if not path.exists():  # the other program has just finished: what was opened is the whole file by now
                raise FetchRunning
            yield part

    def _make_room(self, manifest: ImageManifest, part: BinaryIO) -> None:
        """Raises NoRoom, once every version that a newer one replaced is gone."""
        needed = manifest.file_bytes - part.tell() + _RESERVE
        if shutil.disk_usage(self._folder).free < needed:
            self.evict(keep=1)
        if (free := shutil.disk_usage(self._folder).free) < needed:
            raise NoRoom(
                f"{self._folder} has {free} bytes free; image {manifest.name} {manifest.version} needs "
                f"{manifest.file_bytes - part.tell()}, and {_RESERVE} stay free. {NoRoom.__doc__}"
            )


def _complete(part: BinaryIO, manifest: ImageManifest, remote: Remote, meter: Meter, stop: Callable[[], bool]) -> None:
    """Bring a part to its end, and prove it. Raises FetchAltered (the part is emptied), FetchBroken, and what `remote` raises."""
    hashed = _rest(part, manifest.file_bytes, meter)
    if part.tell() < manifest.file_bytes:
        with remote.content(manifest.file_sha256, part.tell()) as content:
            if content.start != part.tell():
                _empty(part)
                hashed = hashlib.sha256()
            _append(part, content.pieces, hashed, manifest.file_bytes, meter, stop)
    name = f"{manifest.name} {manifest.version}"
    if part.tell() < manifest.file_bytes:
        raise FetchBroken(f"Image {name}: {part.tell()} of {manifest.file_bytes} bytes are here. {FetchBroken.__doc__}")
    if part.tell() > manifest.file_bytes or hashed.hexdigest() != manifest.file_sha256:
        _empty(part)
        raise FetchAltered(f"Image {name}: {FetchAltered.__doc__}")
    part.flush()
    os.fsync(part.fileno())


def _rest(part: BinaryIO, file_bytes: int, meter: Meter) -> "hashlib._Hash":
    """The hash of what is here already; a part that is longer than the whole is not of it."""
    hashed = hashlib.sha256()
    part.seek(0, os.SEEK_END)
    if part.tell() > file_bytes:
        _empty(part)
    part.seek(0)
    while data := part.read(_READ):
        hashed.update(data)
        meter.add(len(data))
    return hashed


def _append(
    part: BinaryIO, pieces: Iterator[bytes], hashed: "hashlib._Hash", file_bytes: int, meter: Meter, stop: Callable[[], bool]
) -> None:
    """Take what comes; more than the whole is not taken. Raises FetchBroken when the disk is full."""
    synced = part.tell()
    try:
        for piece in pieces:
            part.write(piece)
            hashed.update(piece)
            meter.add(len(piece))
            if part.tell() > file_bytes or stop():
                break
            if part.tell() - synced >= _SYNC_BYTES:
                part.flush()
                os.fsync(part.fileno())
                synced = part.tell()
        part.flush()
    except OSError as error:
        raise FetchBroken(f"{part.name}: {error.strerror}. {FetchBroken.__doc__}") from error


def _empty(part: BinaryIO) -> None:
    part.seek(0)
    part.truncate()
