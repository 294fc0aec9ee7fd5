"""From a port and a path to an Identity."""

import stat
from pathlib import Path
from typing import Final

from agents.config import PortConfig
from agents.errors import Refused
from agents.identify.drive import identify_drive
from agents.identify.identity import Identity
from agents.identify.sysfs import DeviceNumber, node_of
from agents.identify.virtual import identify_file, identify_loop
from agents.shell.blockdev import DeviceGone, NotAStorageDevice

LOOP_MAJOR: Final = 7
"""Documentation/admin-guide/devices.txt."""


class NotWholeDisk(Refused):
    """This is a partition. Only whole disks are erased: name the disk itself."""


def identify(port: PortConfig, path: Path) -> Identity:
    """Read what stands at `path`, for the port that it was found at.

    Raises:
        DeviceGone: nothing is there any more.
        NotAStorageDevice, NotWholeDisk, NotDistinguishable, NoMedium, NothingAttached: refused, each says what to do.
        Failed: lsblk could not describe it.
    """
    try:
        found = path.stat()
        if stat.S_ISREG(found.st_mode):
            return identify_file(port, path)
        if not stat.S_ISBLK(found.st_mode):
            raise NotAStorageDevice(f"{path}: {NotAStorageDevice.__doc__}")
        number = DeviceNumber.of(found.st_rdev)
        node = node_of(number)
        if node.is_partition:
            raise NotWholeDisk(f"{path}: {NotWholeDisk.__doc__} ({path.parent / node.disk.name})")
        if number.major == LOOP_MAJOR:
            return identify_loop(port, path, node)
        return identify_drive(port, path, node)
    except OSError as error:
        raise DeviceGone(f"{path}: {DeviceGone.__doc__} ({error.strerror})") from error
