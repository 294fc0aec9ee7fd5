"""Making a bench's image of a raw disk image: packed, mapped, described."""

import hashlib
import os
import shutil
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from agents.image.bmap import to_xml
from agents.image.buffers import CHUNK_BYTES
from agents.image.catalogue import LocalImage
from agents.image.frames import table_of
from agents.image.manifest import save_manifest
from agents.image.scan import scan_image
from fleet.contract.finishing import FinishStep, SoftwareProfile, WindowsLicence
from fleet.contract.kinds import Architecture, Compression, DeviceKind, Firmware, ImageKind
from fleet.contract.manifest import ImageManifest

_LEVEL: Final = 9
_COPY_BYTES: Final = 4 << 20
_ENDINGS: Final = {Compression.NONE: ".img", Compression.ZSTD: ".img.zst"}


@dataclass(frozen=True, slots=True)
class ImageLabel:
    """What people call an image, and what it is for."""

    name: str
    version: str
    language: str
    target_kind: DeviceKind


@dataclass(frozen=True, slots=True)
class ImageTraits:
    """What system is in an image, what it starts on, and what finishes it."""

    kind: ImageKind = ImageKind.LINUX
    architecture: Architecture | None = None
    firmware: tuple[Firmware, ...] = ()
    finish: tuple[FinishStep, ...] = ()
    software_profile: SoftwareProfile | None = None
    licence: WindowsLicence | None = None


_PLAIN: Final = ImageTraits()


def pack_image(
    raw: Path,
    folder: Path,
    label: ImageLabel,
    made_at: datetime,
    compression: Compression = Compression.ZSTD,
    *,
    traits: ImageTraits = _PLAIN,
) -> LocalImage:
    """Store a raw disk image as `NAME-VERSION.img.zst` with its plain manifest beside it.

    Args:
        raw: the disk image; a sparse file is read faster.
        folder: where the image and its manifest go.
        label: what it is called.
        made_at: when it was made, aware.
        compression: how it is stored.
        traits: what is in it; nothing is said of it when absent.

    Raises:
        OSError: a file cannot be read or written.
        pydantic.ValidationError: the label breaks the manifest's rules.
    """
    scanned = scan_image(raw)
    stored = folder / f"{label.name}-{label.version}{_ENDINGS[compression]}"
    with raw.open("rb") as source, stored.open("wb") as target:
        match compression:
            case Compression.NONE:
                shutil.copyfileobj(source, target, _COPY_BYTES)
            case Compression.ZSTD:
                _pack(source.fileno(), target, scanned.bmap.image_bytes)
    with stored.open("rb") as file:
        file_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    manifest = ImageManifest(
        name=label.name,
        version=label.version,
        language=label.language,
        target_kind=label.target_kind,
        file_name=stored.name,
        compression=compression,
        size_bytes=scanned.bmap.image_bytes,
        file_bytes=stored.stat().st_size,
        sha256=scanned.sha256,
        file_sha256=file_sha256,
        bmap=to_xml(scanned.bmap),
        made_at=made_at,
        kind=traits.kind,
        architecture=traits.architecture,
        firmware=traits.firmware,
        finish=traits.finish,
        software_profile=traits.software_profile,
        licence=traits.licence,
    )
    save_manifest(folder, manifest)
    return LocalImage(manifest, stored)


def _pack(source: int, target: BinaryIO, size_bytes: int) -> None:
    """Independent frames of one chunk each, and the table of where they are: parts can be left out, and unpacked side by side."""
    sizes: list[tuple[int, int]] = []
    waiting: deque[tuple[int, Future[bytes]]] = deque()
    starts = iter(range(0, size_bytes, CHUNK_BYTES))
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads, thread_name_prefix="pack") as pool:
        while True:
            for start in islice(starts, 2 * threads - len(waiting)):
                length = min(CHUNK_BYTES, size_bytes - start)
                waiting.append((length, pool.submit(_frame, source, start, length)))
            if not waiting:
                break
            length, future = waiting.popleft()
            frame = future.result()
            target.write(frame)
            sizes.append((len(frame), length))
    target.write(table_of(sizes))


def _frame(source: int, start: int, length: int) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(os.pread(source, length, start))
