"""Whole disks and the plain files that stand in for them: held exclusively, read and written past the page cache.

A block device is opened with O_EXCL (the kernel then refuses to mount it, or any partition of it) and locked with
flock(LOCK_EX) (systemd's convention: udev leaves a locked disk alone), and always with O_DIRECT. Only a plain file may fall
back to buffered I/O: each flush then writes it out and drops it from the cache, so that reads come from the file system.
"""

import errno
import fcntl
import mmap
import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from agents.errors import Failed, Refused
from agents.shell import ioctls
from fleet.contract.kinds import IoMode

FILE_ALIGNMENT: Final = 4096
"""Direct I/O on a plain file: what every file system accepts."""
_LOCK_PATIENCE_S: Final = 5.0
"""udev holds a shared lock on a disk for a moment after it appears."""
_ZERO_CHUNK: Final = 64 << 20
_GONE: Final = frozenset({errno.ENOENT, errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM, errno.ESTALE})


class DeviceGone(Failed):
    """The device is no longer there. It was unplugged, or its cable or dock failed: reseat it and start again."""


class DeviceBusy(Refused):
    """Another program uses this device. Unmount it, or close that program, and try again."""


class ReadOnlyDevice(Refused):
    """This device is read-only. Open its write-protect switch, or detach the read-only loop device, and try again."""


class NotAStorageDevice(Refused):
    """This is neither a block device nor a plain file. Name a whole disk, a loop device or a file."""


class NoDirectIo(Refused):
    """This block device refuses direct I/O, so what is read back would come from memory. Use another port or adapter."""


class AccessDenied(Refused):
    """This device may not be opened by you. Run the bench agent as root."""


class IoFault(OSError):
    """The device did not take or give these bytes. `offset` is where, in bytes from its start."""

    def __init__(self, cause: OSError, path: Path, offset: int) -> None:
        super().__init__(cause.errno, cause.strerror, str(path))
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.strerror} (errno {self.errno}) at byte {self.offset}"


def aligned_buffer(size: int) -> mmap.mmap:
    """Anonymous page-aligned memory of `size` bytes, as direct I/O needs."""
    return mmap.mmap(-1, size)


class BlockDevice:
    """An open device. Offsets and sizes in bytes. Safe for several threads: every call names its own offset."""

    def __init__(self, path: Path, fd: int, *, is_block: bool, io_mode: IoMode) -> None:
        self.path, self.fd, self.is_block, self.io_mode = path, fd, is_block, io_mode
        self._open_fd: int | None = fd
        self.size_bytes = self.current_size()
        self.logical_block_bytes = ioctls.logical_block_bytes(fd) if is_block else 512

    def current_size(self) -> int:
        """The size as the device tells it now, in bytes."""
        return ioctls.size_bytes(self.fd) if self.is_block else os.fstat(self.fd).st_size

    def present(self) -> bool:
        """Whether the path still leads to what was opened, at the size and with the blocks it had."""
        try:
            named, opened = self.path.stat(), os.fstat(self.fd)
            if self.is_block:
                blocks = ioctls.logical_block_bytes(self.fd)
                same = named.st_rdev == opened.st_rdev and blocks == self.logical_block_bytes
            else:
                same = (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)
            return same and self.current_size() == self.size_bytes
        except OSError:
            return False

    def write_at(self, buffer: memoryview, offset: int) -> None:
        """Write all of `buffer` at `offset`. Raises IoFault; a device that takes nothing more is ENOSPC."""
        done = 0
        while done < len(buffer):
            try:
                count = os.pwrite(self.fd, buffer[done:], offset + done)
            except OSError as error:
                raise IoFault(error, self.path, offset + done) from error
            if count == 0:
                raise IoFault(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), self.path, offset + done)
            done += count

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill `buffer` from `offset`; the count is short only at the end of the device. Raises IoFault."""
        done = 0
        while done < len(buffer):
            try:
                count = os.preadv(self.fd, [buffer[done:]], offset + done)
            except OSError as error:
                raise IoFault(error, self.path, offset + done) from error
            if count == 0:
                break
            done += count
        return done

    def zero(self, offset: int, length: int) -> None:
        """Make a range read as zero: by the kernel on a block device, by writing zeros to a file. Raises OSError."""
        if self.is_block:
            for start in range(offset, offset + length, _ZERO_CHUNK):
                ioctls.zero_out(self.fd, start, min(_ZERO_CHUNK, offset + length - start))
            return
        with aligned_buffer(min(_ZERO_CHUNK, max(length, mmap.PAGESIZE))) as zeros, memoryview(zeros) as view:
            for start in range(offset, offset + length, len(view)):
                self.write_at(view[: offset + length - start], start)

    def flush(self) -> None:
        """Write through to the medium; a buffered file also leaves the page cache. Raises OSError."""
        os.fsync(self.fd)
        if self.io_mode is IoMode.BUFFERED:
            os.posix_fadvise(self.fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def close(self) -> None:
        """Give the device back; its lock goes with it. A second call does nothing."""
        fd, self._open_fd = self._open_fd, None
        if fd is not None:
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def open_device(path: Path, *, write: bool) -> BlockDevice:
    """Hold a whole disk, a loop device or a plain file; use it in a `with`, or close it.

    Raises:
        DeviceGone, DeviceBusy, ReadOnlyDevice, NotAStorageDevice, NoDirectIo, AccessDenied: each says what to do.
    """
    is_block = _is_block(path)
    fd, io_mode = _open(path, is_block=is_block, write=write)
    try:
        _lock(fd, path)
        if write and is_block:
            _refuse_read_only(fd, path)
        return BlockDevice(path, fd, is_block=is_block, io_mode=io_mode)
    except BaseException:
        os.close(fd)
        raise


def _refuse_read_only(fd: int, path: Path) -> None:
    if ioctls.read_only(fd):
        raise ReadOnlyDevice(f"{path}: {ReadOnlyDevice.__doc__}")


def _is_block(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise DeviceGone(f"{path}: {DeviceGone.__doc__}") from error
    if not stat.S_ISBLK(mode) and not stat.S_ISREG(mode):
        raise NotAStorageDevice(f"{path}: {NotAStorageDevice.__doc__}")
    return stat.S_ISBLK(mode)


def _open(path: Path, *, is_block: bool, write: bool) -> tuple[int, IoMode]:
    """The descriptor and how it does I/O. O_EXCL without O_CREAT claims a block device and means nothing for a file."""
    flags = (os.O_RDWR if write else os.O_RDONLY) | os.O_CLOEXEC
    if is_block:
        return _translated(path, flags | os.O_EXCL | os.O_DIRECT), IoMode.DIRECT
    if path.stat().st_size % FILE_ALIGNMENT == 0:
        with suppress(NoDirectIo):
            return _translated(path, flags | os.O_DIRECT), IoMode.DIRECT
    return _translated(path, flags), IoMode.BUFFERED


def _translated(path: Path, flags: int) -> int:
    """`os.open`, its refusals as ours."""
    try:
        return os.open(path, flags)
    except OSError as error:
        refusals: dict[int | None, type[Refused]] = {
            errno.EBUSY: DeviceBusy,
            errno.EROFS: ReadOnlyDevice,
            errno.EINVAL: NoDirectIo,
            errno.EPERM: AccessDenied,
            errno.EACCES: ReadOnlyDevice if os.geteuid() == 0 else AccessDenied,
        }
        refusal = refusals.get(error.errno)
        if refusal is not None:
            raise refusal(f"{path}: {refusal.__doc__}") from error
        if error.errno in _GONE:
            raise DeviceGone(f"{path}: {DeviceGone.__doc__}") from error
        raise Failed(f"{path} cannot be opened: {error.strerror}. Reseat the device and try again.") from error


def _lock(fd: int, path: Path) -> None:
    """Take the exclusive lock, with patience for udev's short shared one."""
    deadline = time.monotonic() + _LOCK_PATIENCE_S
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise DeviceBusy(f"{path} is locked by another program. Let it finish, or close it, and try again.") from error
            time.sleep(0.05)
        else:
            return
