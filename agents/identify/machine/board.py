"""The maker's own data of a machine: the SMBIOS fields that the kernel shows under `class/dmi/id`."""

from dataclasses import dataclass
from typing import Final

from agents.identify.machine.roots import Roots, number, text
from fleet.contract.hardware import BootFirmware
from fleet.contract.kinds import DeviceKind, Presence

_PLACEHOLDERS: Final = frozenset(
    {
        "",
        "0",
        "none",
        "n/a",
        "unknown",
        "default string",
        "system manufacturer",
        "system product name",
        "system serial number",
        "system version",
        "to be filled by o.e.m.",
        "to be filled by o.e.m",
        "not specified",
        "not applicable",
        "not available",
        "invalid",
        "empty",
        "chassis serial number",
        "base board serial number",
        "123456789",
        "0123456789",
        "00000000",
        "o.e.m.",
        "oem",
    }
)
"""What makers leave in the fields they should have filled."""

_CHASSIS: Final = {
    3: DeviceKind.DESKTOP,
    4: DeviceKind.DESKTOP,
    5: DeviceKind.DESKTOP,
    6: DeviceKind.DESKTOP,
    7: DeviceKind.DESKTOP,
    8: DeviceKind.LAPTOP,
    9: DeviceKind.LAPTOP,
    10: DeviceKind.LAPTOP,
    13: DeviceKind.ALL_IN_ONE,
    14: DeviceKind.LAPTOP,
    15: DeviceKind.DESKTOP,
    16: DeviceKind.DESKTOP,
    30: DeviceKind.TABLET,
    31: DeviceKind.LAPTOP,
    32: DeviceKind.LAPTOP,
    35: DeviceKind.DESKTOP,
    36: DeviceKind.DESKTOP,
}
"""SMBIOS 3.7 (DSP0134), table 17, "System Enclosure or Chassis Types"."""
_SECURE_BOOT: Final = "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
"""UEFI 2.10, 3.3: the variable and the GUID of global variables; four bytes of attributes, then the value."""
_EFI_ATTRIBUTES: Final = 4


@dataclass(frozen=True)
class Board:
    """What the machine is, in its maker's words; None where the maker left a placeholder."""

    kind: DeviceKind
    manufacturer: str | None
    model: str | None
    serial: str | None
    product_uuid: str | None
    firmware_version: str | None
    boot: BootFirmware
    secure_boot: Presence


def read_board(roots: Roots) -> Board:
    """Read the fields; never raises: a board without SMBIOS tells nothing."""
    dmi = roots.sys / "class" / "dmi" / "id"
    version = _said(text(dmi / "product_version"))
    manufacturer = _said(text(dmi / "sys_vendor")) or _said(text(dmi / "board_vendor"))
    model = _said(text(dmi / "product_name"))
    if manufacturer is not None and manufacturer.upper() == "LENOVO" and version is not None:
        # Lenovo keeps the name that people know in the version, and its order number in the product's name.
        model = f"{version} ({model})" if model else version
    chassis = number(dmi / "chassis_type")
    uefi = (roots.sys / "firmware" / "efi").is_dir()
    return Board(
        kind=_CHASSIS.get(chassis or 0, DeviceKind.OTHER),
        manufacturer=manufacturer,
        model=model or _said(text(dmi / "board_name")),
        serial=_said(text(dmi / "product_serial")) or _said(text(dmi / "board_serial")),
        product_uuid=_uuid(text(dmi / "product_uuid")),
        firmware_version=_said(text(dmi / "bios_version")),
        boot=BootFirmware.UEFI if uefi else BootFirmware.BIOS,
        secure_boot=_secure_boot(roots) if uefi else Presence.NO,
    )


def _said(found: str | None) -> str | None:
    return None if found is None or found.lower() in _PLACEHOLDERS else found


def _uuid(found: str | None) -> str | None:
    """A UUID of all zeros or all ones means that none was set (SMBIOS 3.7, 7.2.1)."""
    digits = (found or "").replace("-", "").lower()
    return None if set(digits) <= {"0"} or set(digits) <= {"f"} else found


def _secure_boot(roots: Roots) -> Presence:
    try:
        data = (roots.sys / "firmware" / "efi" / "efivars" / _SECURE_BOOT).read_bytes()
    except OSError:
        return Presence.INDETERMINATE
    match data[_EFI_ATTRIBUTES:]:
        case b"\x01":
            return Presence.YES
        case b"\x00":
            return Presence.NO
        case _:
            return Presence.INDETERMINATE
