"""Serials and WWNs that tell devices apart, and placeholders that do not."""

import re
from typing import Final

_PLACEHOLDERS: Final = frozenset(
    {
        "0123456789",
        "0123456789abcdef",
        "123456789",
        "1234567890",
        "123456789012",
        "abcdef",
        "default string",
        "n/a",
        "na",
        "none",
        "not available",
        "not specified",
        "null",
        "serial",
        "serial number",
        "to be filled by o.e.m.",
        "unknown",
    }
)
"""What makers of cheap bridges and sticks leave in place of a serial."""
_SHORTEST: Final = 3
_HEX_WWN: Final = re.compile(r"^(?:0x|naa\.)?([0-9a-f]{16}(?:[0-9a-f]{16})?)$")
_EUI: Final = re.compile(r"^(?:eui\.|0x)?([0-9a-f]{16}(?:[0-9a-f]{16})?)$")


def real_serial(text: str | None) -> str | None:
    """The serial without its padding; None when it is missing or a placeholder that many devices share."""
    serial = (text or "").strip(" \t\r\n\x00")
    plain = serial.lower()
    alike = len(set(plain.replace("-", "").replace(":", "").replace(" ", ""))) <= 1
    if len(plain) < _SHORTEST or plain in _PLACEHOLDERS or alike or _counts_up(plain):
        return None
    return serial


def real_wwn(text: str | None) -> str | None:
    """A World Wide Name as `0x` + 16 or 32 hex digits, an NVMe EUI-64 or NGUID as `eui.` + the same; None when there is none.

    Kernel, udev and smartctl write the same name in different ways; one way makes one identity. `t10.` and `nvme.` names are
    made from model and serial and add nothing.
    """
    name = (text or "").strip().lower()
    is_eui = name.startswith("eui.")
    found = (_EUI if is_eui else _HEX_WWN).match(name)
    if found is None or len(set(found[1])) == 1:
        return None
    return f"{'eui.' if is_eui else '0x'}{found[1]}"


def _counts_up(plain: str) -> bool:
    """Whether it is a long run of the counting digits, as in 00000000000123456789ABCDEF."""
    bare = plain.lstrip("0")
    return len(bare) >= len("123456789") and "123456789abcdef123456789abcdef".startswith(bare)
