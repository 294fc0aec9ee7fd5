"""The block-device ioctls of Linux that the bench uses (linux/fs.h, linux/loop.h)."""

import fcntl
import struct
from dataclasses import dataclass
from typing import Final

_BLKROGET: Final = 0x125E
_BLKSSZGET: Final = 0x1268
_BLKZEROOUT: Final = 0x127F
_BLKGETSIZE64: Final = 0x80081272
_BLKGETDISKSEQ: Final = 0x80081280
_LOOP_GET_STATUS64: Final = 0x4C05
_LOOP_INFO64_BYTES: Final = 232
_LO_FLAGS_READ_ONLY: Final = 1


@dataclass(frozen=True)
class LoopBacking:
    """What a loop device stands on: `device` and `inode` of the file, `block_device` when that file is a block device itself."""

    device: int
    inode: int
    block_device: int | None
    read_only: bool


def _integer(fd: int, request: int, layout: str) -> int:
    answer = bytearray(struct.calcsize(layout))
    fcntl.ioctl(fd, request, answer)
    return int(struct.unpack(layout, answer)[0])


def size_bytes(fd: int) -> int:
    """Capacity in bytes (BLKGETSIZE64). Raises OSError."""
    return _integer(fd, _BLKGETSIZE64, "=Q")


def logical_block_bytes(fd: int) -> int:
    """Logical block size in bytes (BLKSSZGET). Raises OSError."""
    return _integer(fd, _BLKSSZGET, "=i")


def read_only(fd: int) -> bool:
    """Whether the kernel refuses writes (BLKROGET). Raises OSError."""
    return _integer(fd, _BLKROGET, "=i") != 0


def disk_sequence(fd: int) -> int:
    """The number that the kernel gives each disk it sees, never twice in a boot (BLKGETDISKSEQ, Linux 5.15). Raises OSError."""
    return _integer(fd, _BLKGETDISKSEQ, "=Q")


def zero_out(fd: int, offset: int, length: int) -> None:
    """Make a range read as zero (BLKZEROOUT); both in bytes, multiples of 512. Raises OSError."""
    fcntl.ioctl(fd, _BLKZEROOUT, struct.pack("=QQ", offset, length))


def loop_backing(fd: int) -> LoopBacking:
    """What this loop device stands on (LOOP_GET_STATUS64). Raises OSError: ENXIO when nothing is attached."""
    answer = bytearray(_LOOP_INFO64_BYTES)
    fcntl.ioctl(fd, _LOOP_GET_STATUS64, answer)
    device, inode, block_device = struct.unpack_from("=QQQ", answer)
    (flags,) = struct.unpack_from("=I", answer, 52)
    return LoopBacking(device, inode, block_device or None, bool(flags & _LO_FLAGS_READ_ONLY))
