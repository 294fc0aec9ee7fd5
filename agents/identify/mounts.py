"""Readers of /proc/self/mountinfo, /proc/swaps and /proc/filesystems (proc(5))."""

import re
from dataclasses import dataclass
from typing import Final

from agents.identify.sysfs import DeviceNumber

_OCTAL: Final = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Mount:
    """One mounted file system."""

    number: DeviceNumber
    mount_point: str
    fs_type: str
    source: str


@dataclass(frozen=True)
class Swap:
    """One active swap area."""

    path: str
    is_file: bool


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """Every line of mountinfo. Raises ValueError on a line of another shape."""
    return tuple(_mount(line) for line in text.splitlines() if line)


def parse_swaps(text: str) -> tuple[Swap, ...]:
    """Every area of /proc/swaps, its heading left out. Raises ValueError."""
    swaps = []
    for line in text.splitlines()[1:]:
        path, kind, *_rest = line.split()
        swaps.append(Swap(_plain(path), is_file=kind == "file"))
    return tuple(swaps)


def parse_diskless(text: str) -> frozenset[str]:
    """The file systems of /proc/filesystems that need no block device.

    zfs says so too, but its pools stand on disks that no mount names: it is left out.
    """
    names = (line.split("\t") for line in text.splitlines())
    return frozenset(name for flag, name in names if flag == "nodev") - {"zfs"}


def _mount(line: str) -> Mount:
    fields, _separator, rest = line.partition(" - ")
    _id, _parent, number, _root, mount_point, *_options = fields.split(" ")
    fs_type, source, *_super = rest.split(" ")
    return Mount(DeviceNumber.parse(number), _plain(mount_point), fs_type, _plain(source))


def _plain(text: str) -> str:
    r"""The kernel writes a space as `\040`."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)
