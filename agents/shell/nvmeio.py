"""Questions to NVMe controllers through the kernel's admin pass-through (linux/nvme_ioctl.h): only commands that read."""

import ctypes
import fcntl
import struct
from typing import Final

from agents.errors import Failed

_ADMIN_COMMAND: Final = 0xC048_4E41
"""NVME_IOCTL_ADMIN_CMD = _IOWR('N', 0x41, struct nvme_admin_cmd of 72 bytes)."""
_LAYOUT: Final = "=BBHIIIQQIIIIIIIIII"
_IDENTIFY, _GET_LOG_PAGE = 0x06, 0x02
_CONTROLLER, _ACTIVE_NAMESPACES, _ALLOCATED_NAMESPACES = 0x01, 0x02, 0x10
_SANITIZE_LOG: Final = 0x81
_TIMEOUT_MS: Final = 15_000
IDENTIFY_BYTES: Final = 4096
SANITIZE_LOG_BYTES: Final = 512
_ANY_NAMESPACE: Final = 0xFFFF_FFFF


class NvmeUnanswered(Failed):
    """The controller did not answer this question. What it would have told stays indeterminate."""


def identify_controller(fd: int) -> bytes:
    """The 4096 bytes of Identify Controller (NVMe 1.4, figure 247). Raises NvmeUnanswered."""
    return _ask(fd, _IDENTIFY, 0, _CONTROLLER, IDENTIFY_BYTES)


def active_namespaces(fd: int) -> tuple[int, ...]:
    """The ids of the namespaces that are attached to this controller. Raises NvmeUnanswered."""
    return namespace_ids(_ask(fd, _IDENTIFY, 0, _ACTIVE_NAMESPACES, IDENTIFY_BYTES))


def allocated_namespaces(fd: int) -> tuple[int, ...]:
    """The ids of all namespaces of the subsystem, attached or not; needs namespace management. Raises NvmeUnanswered."""
    return namespace_ids(_ask(fd, _IDENTIFY, 0, _ALLOCATED_NAMESPACES, IDENTIFY_BYTES))


def sanitize_log(fd: int) -> bytes:
    """The 512 bytes of the sanitize status log page (NVMe 1.4, 5.14.1.16.2). Raises NvmeUnanswered."""
    dwords = SANITIZE_LOG_BYTES // 4 - 1
    return _ask(fd, _GET_LOG_PAGE, _ANY_NAMESPACE, dwords << 16 | _SANITIZE_LOG, SANITIZE_LOG_BYTES)


def namespace_ids(page: bytes) -> tuple[int, ...]:
    """The ids in an Identify namespace list: little-endian, ended by a zero."""
    ids = struct.unpack(f"<{len(page) // 4}I", page[: len(page) // 4 * 4])
    return ids[: ids.index(0)] if 0 in ids else ids


def _ask(fd: int, opcode: int, namespace: int, cdw10: int, length: int) -> bytes:
    data = ctypes.create_string_buffer(length)
    command = bytearray(
        struct.pack(
            _LAYOUT, opcode, 0, 0, namespace, 0, 0, 0, ctypes.addressof(data), 0, length, cdw10, 0, 0, 0, 0, 0, _TIMEOUT_MS, 0
        )
    )
    try:
        status = fcntl.ioctl(fd, _ADMIN_COMMAND, command)
    except OSError as error:
        raise NvmeUnanswered(f"an admin command is not possible here ({error.strerror}). {NvmeUnanswered.__doc__}") from error
    if status:
        raise NvmeUnanswered(f"the controller answered with status 0x{status:x}. {NvmeUnanswered.__doc__}")
    return data.raw
