"""What a machine is made of and how worn it is, as a bench or a live stick read it. Whole numbers only: they stay exact."""

import math
from enum import StrEnum
from typing import Final, Literal

from pydantic import Field

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.kinds import DeviceKind, Presence

Count = Field(default=None, ge=0, lt=2**53)
_MM_PER_TENTH_INCH: Final = 2.54


class BootFirmware(StrEnum):
    """How a machine starts."""

    BIOS = "bios"
    UEFI = "uefi"


class CheckItem(StrEnum):
    """What a person looks at with own eyes: a machine cannot tell."""

    KEYBOARD = "keyboard"
    TOUCHPAD = "touchpad"
    SCREEN = "screen"
    SPEAKERS = "speakers"
    MICROPHONE = "microphone"
    CAMERA = "camera"
    HINGES = "hinges"
    PORTS = "ports"
    WIFI = "wifi"
    CHARGER = "charger"
    ELECTRICAL_SAFETY = "electrical_safety"


class CheckAnswer(StrEnum):
    """How an item is. `absent`: this device never had it, or it is missing."""

    GOOD = "good"
    WORN = "worn"
    BROKEN = "broken"
    ABSENT = "absent"


_ITEMS: Final[dict[DeviceKind, tuple[CheckItem, ...]]] = {
    DeviceKind.LAPTOP: tuple(CheckItem),
    DeviceKind.CHROMEBOOK: tuple(CheckItem),
    DeviceKind.MAC: tuple(CheckItem),
    DeviceKind.DESKTOP: (CheckItem.PORTS, CheckItem.ELECTRICAL_SAFETY),
    DeviceKind.ALL_IN_ONE: (
        CheckItem.SCREEN,
        CheckItem.SPEAKERS,
        CheckItem.CAMERA,
        CheckItem.PORTS,
        CheckItem.WIFI,
        CheckItem.ELECTRICAL_SAFETY,
    ),
    DeviceKind.MONITOR: (CheckItem.SCREEN, CheckItem.PORTS, CheckItem.ELECTRICAL_SAFETY),
    DeviceKind.TABLET: (
        CheckItem.SCREEN,
        CheckItem.SPEAKERS,
        CheckItem.MICROPHONE,
        CheckItem.CAMERA,
        CheckItem.PORTS,
        CheckItem.WIFI,
        CheckItem.CHARGER,
        CheckItem.ELECTRICAL_SAFETY,
    ),
    DeviceKind.DRIVE: (),
    DeviceKind.EID_READER: (CheckItem.PORTS,),
}
_OTHERS: Final = (CheckItem.PORTS, CheckItem.CHARGER, CheckItem.ELECTRICAL_SAFETY)


def items_for(kind: DeviceKind) -> tuple[CheckItem, ...]:
    """What a person looks at on this kind of device, in the order of the list."""
    return _ITEMS.get(kind, _OTHERS)


class StorageHealth(Wire):
    """What a drive says of itself (SMART). None where it does not tell."""

    key: Text = Field(description="StorageIdentity.key")
    model: Text
    serial: Text
    capacity_bytes: int = Field(gt=0, lt=2**53)
    passed: bool | None = Field(default=None, description="the drive's own verdict; None is not a pass")
    reallocated_sectors: int | None = Count
    pending_sectors: int | None = Count
    uncorrectable_sectors: int | None = Count
    media_errors: int | None = Count
    power_on_hours: int | None = Count
    percent_used: int | None = Field(default=None, ge=0, le=255, description="NVMe endurance; above 100 is beyond its rating")
    temperature_c: int | None = None


class Battery(Wire):
    """One battery. Energy in milliwatt-hours, or charge in milliampere-hours where the firmware gives no energy."""

    name: Text
    manufacturer: Text | None = None
    model: Text | None = None
    serial: Text | None = None
    design: int | None = Count
    full: int | None = Count
    unit: Literal["mWh", "mAh"] = "mWh"
    cycles: int | None = Count

    @property
    def health_percent(self) -> int | None:
        """Full against design capacity, 0 to 100; None when either is unknown."""
        if not self.design or self.full is None:
            return None
        return min(100, self.full * 100 // self.design)


class MemoryModule(Wire):
    """One memory module, as the firmware's tables name it."""

    slot: Text
    size_bytes: int = Field(gt=0, lt=2**53)
    type: Text | None = None
    speed_mts: int | None = Count


class Screen(Wire):
    """A built-in or attached screen, from its EDID."""

    connector: Text
    built_in: bool
    manufacturer: Text | None = Field(default=None, description="three letters of its PNP id")
    width_mm: int | None = Count
    height_mm: int | None = Count
    width_px: int | None = Count
    height_px: int | None = Count

    @property
    def diagonal_tenths_inch(self) -> int | None:
        """Tenths of an inch, rounded: 156 for 15.6 inch."""
        if not self.width_mm or not self.height_mm:
            return None
        return round(math.hypot(self.width_mm, self.height_mm) / _MM_PER_TENTH_INCH)


class HardwareReport(Wire):
    """One machine at one moment; of a loose drive, its health alone."""

    schema_: Literal["heropstart.hardware/1"] = Field(default="heropstart.hardware/1", alias="schema")
    taken_at: Moment
    kind: DeviceKind = Field(description="from the chassis type")
    manufacturer: Text | None = None
    model: Text | None = None
    serial: Text | None = None
    product_uuid: Text | None = None
    firmware_version: Text | None = None
    boot: BootFirmware | None = None
    secure_boot: Presence = Presence.INDETERMINATE
    architecture: Text | None = None
    cpu: Text | None = None
    cpu_cores: int | None = Count
    cpu_threads: int | None = Count
    memory_bytes: int | None = Count
    memory: tuple[MemoryModule, ...] = ()
    storages: tuple[StorageHealth, ...] = ()
    batteries: tuple[Battery, ...] = ()
    screens: tuple[Screen, ...] = ()
    keyboards: tuple[Text, ...] = Field(default=(), description="names of the built-in keyboards")
    cameras: tuple[Text, ...] = ()
    networks: tuple[Text, ...] = Field(default=(), description="network interfaces and their drivers")
    touchscreen: Presence = Presence.INDETERMINATE
    unread: tuple[Text, ...] = Field(default=(), description="what could not be read, and why")

    model_config = Wire.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    @property
    def battery_percent(self) -> int | None:
        """Health of the weakest battery; None without one that tells."""
        known = [battery.health_percent for battery in self.batteries if battery.health_percent is not None]
        return min(known, default=None)
