"""A partition of the held disk, handed to the tools of its file system.

On a block device it is a loop device over the partition's range, made and detached here: the kernel refuses those tools the
disk itself while the bench holds it (O_EXCL), and the loop device needs no partition nodes, which docks and plain files lack.
On a plain file the tools of ext4 take the offset themselves (all but resize2fs), so that a virtual port may do without root.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from agents.errors import Failed
from agents.shell.blockdev import BlockDevice
from agents.shell.run import ProgramFailed, ProgramMissing, run

_LOSETUP_S: Final = 30.0
_FORBIDDEN: Final = frozenset('?"\n')
"""What the tools of ext4, or debugfs's command line, would read as something else in a file's name."""


class NoLoopDevice(Failed):
    """No loop device could be made over the image's partition. Run the bench agent as root, and see that `losetup` works."""


@contextmanager
def volume(device: BlockDevice, start: int, length: int, *, takes_offset: bool) -> Iterator[str]:
    """What a file system's tools call a partition, valid inside the `with`.

    Args:
        device: the disk, held by the caller.
        start: the partition's first byte.
        length: its length in bytes.
        takes_offset: the tools accept `FILE?offset=N` (e2fsprogs).

    Raises:
        NoLoopDevice: one is needed and cannot be had.
    """
    path = str(device.path)
    if takes_offset and not device.is_block and not _FORBIDDEN & set(path):
        yield f"{path}?offset={start}"
        return
    wanted = ["losetup", "--find", "--show", "--offset", str(start), "--sizelimit", str(length), path]
    try:
        node = run(wanted, timeout_s=_LOSETUP_S).stdout.strip()
    except (ProgramFailed, ProgramMissing) as error:
        raise NoLoopDevice(f"{error}. {NoLoopDevice.__doc__}") from error
    try:
        yield node
    finally:
        run(["losetup", "--detach", node], timeout_s=_LOSETUP_S)
