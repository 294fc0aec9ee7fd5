"""The signed manifest of a disk image."""

from typing import Literal

from pydantic import Field

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.kinds import Compression, DeviceKind


class ImageManifest(Wire):
    """What an image is and how to know it arrived whole. Sizes in bytes, hashes in lower-case hex."""

    schema_: Literal["heropstart.image/1"] = Field(default="heropstart.image/1", alias="schema")
    name: Text = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    version: Text = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]{0,31}$")
    language: Text = Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$", examples=["nl-BE"])
    target_kind: DeviceKind
    file_name: Text = Field(pattern=r"^[^/]+$")
    compression: Compression
    size_bytes: int = Field(gt=0, description="unpacked")
    file_bytes: int = Field(gt=0, description="as stored")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the unpacked image")
    file_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="of the file as stored")
    bmap: str = Field(description="bmap 2.0, XML: which blocks are mapped, SHA-256 of each range")
    made_at: Moment

    model_config = Wire.model_config | {"populate_by_name": True, "serialize_by_alias": True}
