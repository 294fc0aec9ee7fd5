"""Whether this computer's firmware holds a Windows key: the ACPI table MSDM (Microsoft, "Software Licensing Tables").

The key itself is read and forgotten; its last five characters, by which Windows itself names it, are enough for a record.
"""

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet.contract.kinds import Presence

TABLES: Final = Path("/sys/firmware/acpi/tables")
_AT: Final = 36
"""An ACPI table's common header ends here; then: version, reserved, data type, reserved, data length, data."""
_LICENSING: Final = struct.Struct("<IIIII")
_KEY: Final = re.compile(r"[0-9A-Z]{5}(-[0-9A-Z]{5}){4}")


@dataclass(frozen=True, slots=True)
class WindowsKey:
    """What the firmware holds; `end` is the key's last five characters, None where there is no key that can be read."""

    presence: Presence
    end: str | None = None


def of_this_computer(tables: Path = TABLES) -> WindowsKey:
    """Read this computer's firmware. Indeterminate where its tables cannot be read, or hold something that is no key."""
    if not tables.is_dir():
        return WindowsKey(Presence.INDETERMINATE)
    try:
        table = (tables / "MSDM").read_bytes()
    except FileNotFoundError:
        return WindowsKey(Presence.NO)
    except OSError:
        return WindowsKey(Presence.INDETERMINATE)
    return parsed(table)


def parsed(table: bytes) -> WindowsKey:
    """The key in an MSDM table's bytes."""
    start = _AT + _LICENSING.size
    if table[:4] != b"MSDM" or len(table) < start:
        return WindowsKey(Presence.INDETERMINATE)
    *_, length = _LICENSING.unpack_from(table, _AT)
    key = table[start : start + length].decode("ascii", errors="replace")
    return WindowsKey(Presence.YES, key[-5:]) if _KEY.fullmatch(key) else WindowsKey(Presence.INDETERMINATE)
