"""Finishing: what is done to an image after it stands on a medium, declared in its manifest and reported when done.

Each step names its partition by its number in the partition table, from 1. Which kinds of image take which steps is data
here, so that the service refuses a wrong manifest when it is published and the bench when it is read.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import Field

from fleet.contract.base import Text, Wire
from fleet.contract.kinds import ImageKind

PartitionNumber = Annotated[int, Field(ge=1, le=128)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FileSystem(StrEnum):
    """File systems that the bench can grow."""

    EXT4 = "ext4"
    NTFS = "ntfs"


class MachineIdMode(StrEnum):
    """Who makes the machine's id: systemd when it first boots (machine-id(5)), or the bench at random."""

    FIRST_BOOT = "first_boot"
    RANDOM = "random"


class NewGuids(Wire):
    """New GUIDs for the disk and all its partitions; for images that name file systems by label or by their own UUID."""

    step: Literal["new_guids"] = "new_guids"


class GrowPartition(Wire):
    """The last partition grows to the end of the disk, and its file system with it."""

    step: Literal["grow_partition"] = "grow_partition"
    number: PartitionNumber
    file_system: FileSystem = FileSystem.EXT4


class SetMachineId(Wire):
    """/etc/machine-id, so that no two devices share one."""

    step: Literal["machine_id"] = "machine_id"
    partition: PartitionNumber
    mode: MachineIdMode = MachineIdMode.FIRST_BOOT


class SetHostName(Wire):
    """/etc/hostname and /etc/hosts: the asset code, lower-case, as on the label."""

    step: Literal["host_name"] = "host_name"
    partition: PartitionNumber


class ForgetHostKeys(Wire):
    """The SSH host keys that the image brought along are removed; the image makes new ones."""

    step: Literal["forget_host_keys"] = "forget_host_keys"
    partition: PartitionNumber


class SetLocale(Wire):
    """Language, time zone and keyboard of a Linux image, on the console and in X or Wayland (default: Belgian AZERTY)."""

    step: Literal["locale"] = "locale"
    partition: PartitionNumber
    locale: str = Field(default="nl_BE.UTF-8", pattern=r"^[a-z]{2,3}_[A-Z]{2}\.UTF-8$")
    time_zone: str = Field(default="Europe/Brussels", pattern=r"^[A-Z][A-Za-z]+(/[A-Z][A-Za-z_-]+){0,2}$")
    console_keymap: str = Field(default="be-latin1", pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")
    xkb_layout: str = Field(default="be", pattern=r"^[a-z]{2,8}$")


class RecordProfile(Wire):
    """The software profile, left on the device as /etc/heropstart/profile.json."""

    step: Literal["profile"] = "profile"
    partition: PartitionNumber


class Unattend(Wire):
    r"""Windows: \Windows\Panther\unattend.xml with computer name, language and keyboard; the recovery partition stays.

    The input profile is `LANGID:LAYOUT` in hex: 0813:00000813 is Dutch (Belgium) with the Belgian (period) AZERTY keyboard.
    """

    step: Literal["unattend"] = "unattend"
    partition: PartitionNumber
    recovery: PartitionNumber | None = Field(default=None, description="must still be there, unchanged, afterwards")
    locale: str = Field(default="nl-BE", pattern=r"^[a-z]{2}-[A-Z]{2}$")
    ui_language: str = Field(default="nl-NL", pattern=r"^[a-z]{2}-[A-Z]{2}$", description="a language that the image holds")
    input_profile: str = Field(default="0813:00000813", pattern=r"^[0-9a-f]{4}:[0-9a-f]{8}$")
    time_zone: str = Field(default="Romance Standard Time", pattern=r"^[A-Za-z0-9 .()+-]{1,64}$")


FinishStep = Annotated[
    NewGuids | GrowPartition | SetMachineId | SetHostName | ForgetHostKeys | SetLocale | RecordProfile | Unattend,
    Field(discriminator="step"),
]

STEPS_OF: Final[dict[ImageKind, tuple[type[Wire], ...]]] = {
    ImageKind.LINUX: (NewGuids, GrowPartition, SetMachineId, SetHostName, ForgetHostKeys, SetLocale, RecordProfile),
    # Its boot configuration names disk and partitions by GUID, so those stay.
    ImageKind.WINDOWS: (GrowPartition, Unattend),
    # Verified boot (dm-verity) and updates check what is on the disk, and the system grows itself: nothing may be changed.
    ImageKind.CHROMEOS_FLEX: (),
}
FILE_SYSTEM_OF: Final = {ImageKind.LINUX: FileSystem.EXT4, ImageKind.WINDOWS: FileSystem.NTFS}


def misfit(kind: ImageKind, steps: Iterable[FinishStep]) -> str | None:
    """What is wrong with these steps for this kind of image, as a sentence; None when they fit."""
    seen: set[str] = set()
    for step in steps:
        if not isinstance(step, STEPS_OF[kind]):
            return f"An image of kind {kind} takes no step {step.step}."
        if isinstance(step, GrowPartition) and step.file_system is not FILE_SYSTEM_OF[kind]:
            return f"An image of kind {kind} cannot grow {step.file_system}."
        if step.step in seen:
            return f"Step {step.step} is declared twice."
        seen.add(step.step)
    return None


class LicenceBasis(StrEnum):
    """On which licence a Windows image may run."""

    FIRMWARE_KEY = "firmware_key"
    REFURBISHER = "refurbisher"
    VOLUME = "volume"


class WindowsLicence(Wire):
    """The licence basis of a Windows image, recorded with every device that gets it."""

    basis: LicenceBasis
    edition: Text = Field(examples=["Windows 11 Pro"])
    reference: Text | None = Field(default=None, description="agreement or programme number; never a product key")


class SoftwareProfile(Wire):
    """What a programme puts on its devices, by the names that people know."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", examples=["family"])
    office: Text | None = None
    browser: Text | None = None
    eid_middleware: Text | None = None
    languages: tuple[Text, ...] = ()


class FinishedStep(Wire):
    """One thing that finishing wrote and read back."""

    step: Text
    target: Text = Field(description="the file inside the image, or the part of the disk")
    value: Text = Field(description="what it says now, in short")
    sha256: Sha256 | None = Field(default=None, description="of what was read back, where that is a run of bytes")
