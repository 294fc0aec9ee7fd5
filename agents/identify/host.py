"""What this machine itself uses, gathered as values: mounts, swaps, btrfs members and loop devices.

Whatever cannot be read raises Undeterminable: the guard then treats every disk as the system's.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agents.errors import Refused
from agents.identify.mounts import Mount, Swap, parse_diskless, parse_mountinfo, parse_swaps
from agents.identify.sysfs import SYSFS, DeviceNumber
from agents.shell import ioctls
from agents.shell.ioctls import LoopBacking


class Undeterminable(Refused):
    """It cannot be determined which disks this machine uses, so none is touched. Run `bench-agent doctor`."""


@dataclass(frozen=True)
class InUse:
    """A device that this machine uses, and how."""

    number: DeviceNumber
    how: str


@dataclass(frozen=True)
class AttachedLoop:
    """A loop device with something attached. `backing` is None when only root may know more than the path."""

    number: DeviceNumber
    name: str
    shown_path: str
    backing: LoopBacking | None


@dataclass(frozen=True)
class Host:
    """Where the kernel tells about itself; other roots are for recorded machines."""

    sys: Path = SYSFS
    proc: Path = Path("/proc")
    dev: Path = Path("/dev")

    def mounts(self) -> frozenset[Mount]:
        """Mounts that this process sees, and those of the first process, whose mount namespace may be another."""
        own = parse_mountinfo(self._read("self/mountinfo"))
        try:
            first = parse_mountinfo((self.proc / "1" / "mountinfo").read_text(encoding="utf-8"))
        except OSError:
            first = ()
        return frozenset(own + first)

    def swaps(self) -> tuple[Swap, ...]:
        """Active swap areas."""
        return parse_swaps(self._read("swaps"))

    def in_use(self) -> Iterator[InUse]:
        """Every block device that is mounted, swapped to or a member of a mounted btrfs, as the kernel numbers it."""
        diskless = parse_diskless(self._read("filesystems"))
        for mount in sorted(self.mounts(), key=lambda mount: mount.mount_point):
            yield from self._mounted(mount, diskless)
        for swap in self.swaps():
            yield InUse(self._swap_number(swap), f"swap {swap.path}")
        yield from self._btrfs_members()

    def loops(self) -> tuple[AttachedLoop, ...]:
        """Every loop device that has something attached. One that is detached while we look is left out."""
        found = []
        for folder in sorted((self.sys / "block").glob("loop*")):
            try:
                number = DeviceNumber.parse((folder / "dev").read_text(encoding="ascii"))
                shown = (folder / "loop" / "backing_file").read_text(encoding="utf-8").rstrip("\n")
                found.append(AttachedLoop(number, folder.name, shown, _loop_backing(self.dev / folder.name)))
            except FileNotFoundError:
                continue
        return tuple(found)

    def _mounted(self, mount: Mount, diskless: frozenset[str]) -> Iterator[InUse]:
        """The mount's own device, and those that its source names: btrfs and bcachefs show none of their own (0:…)."""
        how = f"mounted at {mount.mount_point}"
        numbers = {number for part in mount.source.split(":") if (number := block_number(Path(part))) is not None}
        if mount.number.major:
            numbers.add(mount.number)
        elif not numbers and mount.fs_type.partition(".")[0] not in diskless:
            raise Undeterminable(
                f"{mount.mount_point} is a {mount.fs_type} file system ({mount.source}), and its disks are not known. "
                f"{Undeterminable.__doc__}"
            )
        for number in numbers:
            yield InUse(number, how)

    def _swap_number(self, swap: Swap) -> DeviceNumber:
        try:
            found = Path(swap.path).stat()
        except OSError as error:
            raise Undeterminable(f"swap {swap.path} cannot be found. {Undeterminable.__doc__}") from error
        return DeviceNumber.of(found.st_rdev if stat.S_ISBLK(found.st_mode) else found.st_dev)

    def _btrfs_members(self) -> Iterator[InUse]:
        for link in sorted((self.sys / "fs" / "btrfs").glob("*/devices/*")):
            try:
                number = DeviceNumber.parse((link / "dev").read_text(encoding="ascii"))
            except (OSError, ValueError) as error:
                raise Undeterminable(f"btrfs member {link.name} cannot be read. {Undeterminable.__doc__}") from error
            yield InUse(number, f"member of the mounted btrfs {link.parent.parent.name}")

    def _read(self, name: str) -> str:
        try:
            return (self.proc / name).read_text(encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise Undeterminable(f"{self.proc / name} cannot be read ({error.strerror}). {Undeterminable.__doc__}") from error


def block_number(path: Path) -> DeviceNumber | None:
    """The number of the block device at an absolute path; None when there is none."""
    if not path.is_absolute():
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return DeviceNumber.of(found.st_rdev) if stat.S_ISBLK(found.st_mode) else None


def _loop_backing(path: Path) -> LoopBacking | None:
    """What a loop device stands on; None when this user may not ask. Raises FileNotFoundError when it was detached meanwhile."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:
        return None
    except OSError as error:
        raise Undeterminable(f"{path} cannot be opened ({error.strerror}). {Undeterminable.__doc__}") from error
    try:
        return ioctls.loop_backing(fd)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise FileNotFoundError(error.errno, error.strerror, str(path)) from error
        raise Undeterminable(f"{path} cannot be read ({error.strerror}). {Undeterminable.__doc__}") from error
    finally:
        os.close(fd)
