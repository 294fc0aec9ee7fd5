"""The signed manifest of a disk image."""

from typing import Literal, Self

from pydantic import Field, model_validator

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.finishing import FinishStep, SoftwareProfile, WindowsLicence, misfit
from fleet.contract.kinds import Architecture, Compression, DeviceKind, Firmware, ImageKind


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
    kind: ImageKind = ImageKind.LINUX
    architecture: Architecture | None = Field(default=None, description="where it is not said, nothing is refused")
    firmware: tuple[Firmware, ...] = Field(
        default=(), description="what it can start from; where it is not said, nothing is refused"
    )
    finish: tuple[FinishStep, ...] = Field(default=(), description="done once the image was read back, in the bench's own order")
    software_profile: SoftwareProfile | None = None
    licence: WindowsLicence | None = Field(default=None, description="of a Windows image; no other has one")

    model_config = Wire.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        """Raises ValueError: what is declared contradicts the kind of image."""
        problem = misfit(self.kind, self.finish)
        if problem is None and (self.licence is not None) != (self.kind is ImageKind.WINDOWS):
            problem = "A Windows image states its licence basis, and no other image does."
        if problem is None and self.software_profile is None and any(step.step == "profile" for step in self.finish):
            problem = "Step profile needs a software profile."
        if problem is not None:
            raise ValueError(problem)
        return self
