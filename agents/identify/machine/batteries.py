"""Batteries, from `class/power_supply` (Documentation/ABI/testing/sysfs-class-power: micro-units)."""

from pathlib import Path
from typing import Final, Literal

from agents.identify.machine.roots import Roots, folders, number, text
from fleet.contract.hardware import Battery

_MICRO_TO_MILLI: Final = 1000


def read_batteries(roots: Roots) -> tuple[Battery, ...]:
    """Every battery of the machine itself; those of mice and pens (scope Device) are left out."""
    return tuple(_battery(folder) for folder in folders(roots.sys / "class" / "power_supply") if _is_its_own(folder))


def _is_its_own(folder: Path) -> bool:
    return text(folder / "type") == "Battery" and text(folder / "scope") != "Device" and text(folder / "present") != "0"


def _battery(folder: Path) -> Battery:
    unit: Literal["mWh", "mAh"] = "mWh" if (folder / "energy_full").exists() else "mAh"
    stem = "energy" if unit == "mWh" else "charge"
    cycles = number(folder / "cycle_count")
    return Battery(
        name=folder.name,
        manufacturer=text(folder / "manufacturer"),
        model=text(folder / "model_name"),
        serial=text(folder / "serial_number"),
        design=_milli(folder / f"{stem}_full_design"),
        full=_milli(folder / f"{stem}_full"),
        unit=unit,
        # Firmware that does not count says 0 or, by ACPI's "unknown", all ones, which the kernel shows as -1.
        cycles=cycles if cycles is not None and cycles > 0 else None,
    )


def _milli(path: Path) -> int | None:
    micro = number(path)
    return micro // _MICRO_TO_MILLI if micro is not None and micro > 0 else None
