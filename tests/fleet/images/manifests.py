"""Manifests to publish."""

from datetime import UTC, datetime
from typing import Any

from fleet.contract.kinds import Compression, DeviceKind
from fleet.contract.manifest import ImageManifest

BMAP = """<?xml version="1.0" ?>
<bmap version="2.0">
  <ImageSize> {size} </ImageSize>
  <BlockSize> 4096 </BlockSize>
  <BlocksCount> 256 </BlocksCount>
  <MappedBlocksCount> 8 </MappedBlocksCount>
  <ChecksumType> sha256 </ChecksumType>
  <BmapFileChecksum> {zero} </BmapFileChecksum>
  <BlockMap>
    <Range chksum="{zero}"> 0-7 </Range>
  </BlockMap>
</bmap>
"""
ZERO = "0" * 64


def bmap(size: int) -> str:
    return BMAP.format(size=size, zero=ZERO)


def manifest(**changes: Any) -> ImageManifest:
    plain: dict[str, Any] = {
        "name": "debian-leerling",
        "version": "2026.03",
        "language": "nl-BE",
        "target_kind": DeviceKind.LAPTOP,
        "file_name": "debian-leerling.img.zst",
        "compression": Compression.ZSTD,
        "size_bytes": 1 << 20,
        "file_bytes": 5000,
        "sha256": "a" * 64,
        "file_sha256": "b" * 64,
        "bmap": bmap(1 << 20),
        "made_at": datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
    }
    return ImageManifest(**(plain | changes))
