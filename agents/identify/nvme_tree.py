"""A namespace's controller, and all namespaces that stand and fall with it, by sysfs: names tell nothing.

Without native multipath a namespace lies below its controller; with it, below the subsystem. One `nvme sanitize` erases the whole
subsystem, whichever of its controllers takes it (NVMe 1.4, 8.15).
"""

import re
from pathlib import Path
from typing import Final

from agents.errors import Failed
from agents.identify.nvme import NvmeTree
from agents.identify.sysfs import SYSFS, Node

_CONTROLLER: Final = re.compile(r"nvme\d+")
_NAMESPACE: Final = re.compile(r"nvme\d+n\d+")
"""The paths to a namespace, nvme0c0n1, are hidden devices and no namespaces of their own."""


class ControllerNotFound(Failed):
    """Which controller this namespace belongs to cannot be read, so nothing can be planned for it. Reseat the drive."""


def tree_of(node: Node, root: Path = SYSFS) -> NvmeTree:
    """The controller and the namespaces of a namespace's block device. Raises ControllerNotFound."""
    try:
        above = (node.disk.folder / "device").resolve(strict=True)
        subsystem = _subsystem_of(above, root)
        holders = _controllers(above, subsystem)
        folders = {*holders, *((subsystem,) if subsystem else ())}
        names = {entry.name for folder in folders for entry in folder.iterdir() if _NAMESPACE.fullmatch(entry.name)}
    except OSError as error:
        raise ControllerNotFound(f"{node.name}: {ControllerNotFound.__doc__} ({error.strerror})") from error
    if not holders or node.name not in names:
        raise ControllerNotFound(f"{node.name}: {ControllerNotFound.__doc__}")
    return NvmeTree(holders[0].name, tuple(sorted(names, key=_by_number)))


def _subsystem_of(above: Path, root: Path) -> Path | None:
    """The subsystem's folder; None before Linux 4.15, which knew none."""
    for entry in sorted((root / "class" / "nvme-subsystem").glob("*")):
        folder = entry.resolve(strict=True)
        members = {member.resolve(strict=True) for member in folder.iterdir() if _CONTROLLER.fullmatch(member.name)}
        if above == folder or above in members:
            return folder
    return None


def _controllers(above: Path, subsystem: Path | None) -> list[Path]:
    """The controller's own folder, or those of the subsystem in the order of their numbers."""
    if subsystem is None:
        return [above] if _CONTROLLER.fullmatch(above.name) else []
    members = [member for member in subsystem.iterdir() if _CONTROLLER.fullmatch(member.name)]
    found = [member.resolve(strict=True) for member in sorted(members, key=lambda member: _by_number(member.name))]
    return sorted(found, key=lambda folder: folder != above)


def _by_number(name: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", name)))
