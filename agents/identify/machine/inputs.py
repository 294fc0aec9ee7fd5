"""Keyboards, touch screens, cameras and network interfaces, as the kernel's drivers name them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.identify.machine.roots import Roots, folders, text
from fleet.contract.kinds import Presence

_BUS_I8042: Final = "0011"
_LETTERS: Final = range(16, 26)
"""Key codes KEY_Q to KEY_P (input-event-codes.h): what only a real keyboard has."""
_TOUCH: Final = re.compile(r"touch ?screen|\belan touch\b|wacom.*finger", re.IGNORECASE)
_WORD_BITS: Final = 64


@dataclass(frozen=True)
class Inputs:
    """What people touch and what looks at them."""

    keyboards: tuple[str, ...]
    touchscreen: Presence
    cameras: tuple[str, ...]
    networks: tuple[str, ...]


def read_inputs(roots: Roots) -> Inputs:
    """Read the kernel's lists; never raises."""
    listed = text(roots.proc / "bus" / "input" / "devices")
    cameras = {text(folder / "name") for folder in folders(roots.sys / "class" / "video4linux")}
    names = _devices(listed or "")
    return Inputs(
        keyboards=tuple(sorted({name for name, bus, keys in names if _is_keyboard(keys) and _inside(bus, name)})),
        touchscreen=_touchscreen(listed, names),
        cameras=tuple(sorted(filter(None, cameras))),
        networks=tuple(_interface(folder) for folder in folders(roots.sys / "class" / "net") if (folder / "device").exists()),
    )


def _devices(listed: str) -> list[tuple[str, str, frozenset[int]]]:
    """Name, bus and key codes of each device: blocks of `X: ...` lines (drivers/input/input.c)."""
    found = []
    for block in listed.split("\n\n"):
        name = re.search(r'^N: Name="(.*)"$', block, re.MULTILINE)
        bus = re.search(r"^I: Bus=([0-9a-f]{4})", block, re.MULTILINE)
        keys = re.search(r"^B: KEY=([0-9a-f ]+)$", block, re.MULTILINE)
        if name and bus:
            found.append((name[1].strip(), bus[1], _bits(keys[1]) if keys else frozenset()))
    return found


def _bits(words: str) -> frozenset[int]:
    """Words of 64 bits, the highest first."""
    value = 0
    for word in words.split():
        value = value << _WORD_BITS | int(word, 16)
    return frozenset(code for code in range(value.bit_length()) if value >> code & 1)


def _is_keyboard(keys: frozenset[int]) -> bool:
    return all(code in keys for code in _LETTERS)


def _inside(bus: str, name: str) -> bool:
    """A keyboard that is built in hangs on the i8042 or I2C; one on USB may be any that is plugged in."""
    return bus in {_BUS_I8042, "0018"} or "internal" in name.lower()


def _touchscreen(listed: str | None, names: list[tuple[str, str, frozenset[int]]]) -> Presence:
    if listed is None:
        return Presence.INDETERMINATE
    return Presence.YES if any(_TOUCH.search(name) for name, _, _ in names) else Presence.NO


def _interface(folder: Path) -> str:
    driver = folder / "device" / "driver"
    name = driver.resolve().name if driver.exists() else "unknown driver"
    return f"{folder.name} ({name})"
