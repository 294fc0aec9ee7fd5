"""What an eMMC can do, from its extended CSD (JESD84-B51, 7.4). Pure."""

from dataclasses import dataclass
from typing import Final

from agents.errors import Failed
from agents.identify.presence import presence
from agents.shell.mmcio import EXT_CSD_BYTES
from fleet.contract.kinds import Presence

_SEC_FEATURE_SUPPORT, _EXT_CSD_REV, _BOOT_SIZE_MULT = 231, 192, 226
_GP_SIZE_MULT: Final = range(143, 155)
_BOOT_UNIT_BYTES: Final = 128 << 10
_FIRST_WITH_SANITIZE: Final = 6
"""Extended CSD revision of eMMC 4.5, which introduced sanitize."""


class ExtCsdUnreadable(Failed):
    """These are not the 512 bytes of an extended CSD. Restart the device and try again."""


@dataclass(frozen=True)
class EmmcCapabilities:
    """One eMMC.

    Attributes:
        secure_erase: SEC_FEATURE_SUPPORT bit 0.
        sanitize: SEC_FEATURE_SUPPORT bit 6.
        boot_areas: device nodes of boot0 and boot1.
        boot_bytes: size of each boot area.
        other_areas: it has general purpose partitions, which are disks of their own.
        main: kernel name, such as mmcblk0.
    """

    main: str
    secure_erase: Presence
    sanitize: Presence
    boot_areas: tuple[str, ...]
    boot_bytes: int
    other_areas: Presence


def parse(data: bytes, *, main: str, boot_areas: tuple[str, ...] = ()) -> EmmcCapabilities:
    """What an eMMC can do. `boot_areas` are kernel names. Raises ExtCsdUnreadable."""
    if len(data) != EXT_CSD_BYTES:
        raise ExtCsdUnreadable(f"{len(data)} bytes. {ExtCsdUnreadable.__doc__}")
    features = data[_SEC_FEATURE_SUPPORT]
    return EmmcCapabilities(
        main=main,
        secure_erase=presence(features & 1),
        sanitize=presence(features >> 6 & 1 and data[_EXT_CSD_REV] >= _FIRST_WITH_SANITIZE),
        boot_areas=boot_areas,
        boot_bytes=data[_BOOT_SIZE_MULT] * _BOOT_UNIT_BYTES,
        other_areas=presence(any(data[at] for at in _GP_SIZE_MULT)),
    )
