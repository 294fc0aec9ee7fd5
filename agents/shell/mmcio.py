"""The one question to an eMMC that its sysfs does not answer: SEND_EXT_CSD (linux/mmc/ioctl.h). It only reads."""

import ctypes
import fcntl
import struct
from typing import Final

from agents.errors import Failed

_MMC_IOC_CMD: Final = 0xC048_B300
"""_IOWR(MMC_BLOCK_MAJOR, 0, struct mmc_ioc_cmd of 72 bytes)."""
_LAYOUT: Final = "=iiII4I7I4xQ"
_SEND_EXT_CSD: Final = 8
_READ_WITH_R1: Final = 0xB5
"""MMC_RSP_SPI_R1 | MMC_RSP_R1 | MMC_CMD_ADTC (include/linux/mmc/core.h)."""
EXT_CSD_BYTES: Final = 512


class ExtCsdUnanswered(Failed):
    """The eMMC did not give its extended CSD register. What it would have told stays indeterminate."""


def ext_csd(fd: int) -> bytes:
    """The 512 bytes of the extended CSD (JESD84-B51, 7.4). Raises ExtCsdUnanswered."""
    data = ctypes.create_string_buffer(EXT_CSD_BYTES)
    command = bytearray(
        struct.pack(
            _LAYOUT, 0, 0, _SEND_EXT_CSD, 0, 0, 0, 0, 0, _READ_WITH_R1, EXT_CSD_BYTES, 1, 0, 0, 0, 0, ctypes.addressof(data)
        )
    )
    try:
        fcntl.ioctl(fd, _MMC_IOC_CMD, command)
    except OSError as error:
        raise ExtCsdUnanswered(f"({error.strerror}) {ExtCsdUnanswered.__doc__}") from error
    return data.raw
