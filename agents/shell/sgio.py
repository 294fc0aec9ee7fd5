"""Questions to SATA and SCSI drives through the kernel's SG_IO (scsi/sg.h): only commands that read.

A drive that does not know a command, a bridge that drops it and a controller that takes none all raise Unanswered: for the reader
that means "indeterminate", never "no".
"""

import ctypes
import fcntl
import struct
from dataclasses import dataclass
from typing import Final

from agents.errors import Failed

_SG_IO: Final = 0x2285
_NONE, _FROM_DEVICE = -1, -3
"""SG_DXFER_NONE, SG_DXFER_FROM_DEV."""
_HEADER: Final = "@iiBBHIPPPIIiPBBBBHHiII0P"
"""struct sg_io_hdr, in the machine's own layout with its padding."""
_STATUS_AT: Final = 13
_TIMEOUT_MS: Final = 15_000
_SENSE_BYTES: Final = 64

_PASS_THROUGH_16: Final = 0x85
_NON_DATA, _PIO_IN = 3, 4
_RETURN_REGISTERS: Final = 0x20
_ONE_BLOCK_IN: Final = 0x0E
"""T_DIR from the device, BYT_BLOK, T_LENGTH in the count register (SAT-4, ATA PASS-THROUGH(16))."""
_DESCRIPTOR_SENSE: Final = 0x72
_ATA_STATUS_DESCRIPTOR: Final = 0x09
_FAULT_OR_ERROR: Final = 0x21
"""ATA status register: DF and ERR."""
_LBA_MODE: Final = 0x40
SECTOR_BYTES: Final = 512

_IDENTIFY_DEVICE: Final = 0xEC
_DEVICE_CONFIGURATION: Final = 0xB1
_DCO_IDENTIFY: Final = 0xC2
_READ_NATIVE_MAX_EXT: Final = 0x27
_READ_NATIVE_MAX: Final = 0xF8
_MAX_ADDRESS_CONFIGURATION: Final = 0x78
_SANITIZE_DEVICE: Final = 0xB4
_INQUIRY: Final = 0x12
_MAINTENANCE_IN: Final = 0xA3
_REPORT_OPERATION_CODES: Final = 0x0C
_ONE_SERVICE_ACTION: Final = 0x02


class Unanswered(Failed):
    """The drive did not answer this question. What it would have told stays indeterminate."""


@dataclass(frozen=True)
class Registers:
    """The ATA registers after a command without data: `count` 16 bits, `lba` 48 bits."""

    count: int
    lba: int


@dataclass(frozen=True)
class _Answer:
    data: bytes
    sense: bytes
    status: int
    host_status: int
    driver_status: int


def identify_device(fd: int) -> bytes:
    """The 512 bytes of IDENTIFY DEVICE (ACS-4, 7.13). Raises Unanswered."""
    return _ata_in(fd, _IDENTIFY_DEVICE)


def device_configuration(fd: int) -> bytes:
    """The 512 bytes of DEVICE CONFIGURATION IDENTIFY (ACS-2, 7.11.3). Raises Unanswered, also when the DCO is frozen."""
    return _ata_in(fd, _DEVICE_CONFIGURATION, features=_DCO_IDENTIFY)


def native_max_address(fd: int, *, wide: bool) -> int:
    """The highest sector that the drive has, whatever its HPA hides (READ NATIVE MAX ADDRESS [EXT], ACS-2). Raises Unanswered."""
    if wide:
        return _ata_registers(fd, _READ_NATIVE_MAX_EXT, wide=True).lba
    return _ata_registers(fd, _READ_NATIVE_MAX, wide=False).lba & 0x0FFF_FFFF


def native_max_address_ama(fd: int) -> int:
    """The same for drives of ACS-3 and later (GET NATIVE MAX ADDRESS EXT). Raises Unanswered."""
    return _ata_registers(fd, _MAX_ADDRESS_CONFIGURATION, wide=True).lba


def sanitize_status(fd: int) -> int:
    """The count register of SANITIZE STATUS EXT (ACS-3, 7.36.2): bit 15 completed, 14 running, 13 frozen. Raises Unanswered."""
    return _ata_registers(fd, _SANITIZE_DEVICE, wide=True).count


def inquiry(fd: int, page: int | None = None, length: int = 252) -> bytes:
    """Standard INQUIRY data, or a vital product data page (SPC-5, 6.7). Raises Unanswered."""
    cdb = bytes((_INQUIRY, 0 if page is None else 1, page or 0, length >> 8, length & 0xFF, 0))
    return _scsi_in(fd, cdb, length)


def operation_code(fd: int, code: int, service_action: int) -> bytes:
    """REPORT SUPPORTED OPERATION CODES for one code and service action (SPC-5, 6.35.3). Raises Unanswered."""
    cdb = struct.pack(
        ">BBBBHIBB", _MAINTENANCE_IN, _REPORT_OPERATION_CODES, _ONE_SERVICE_ACTION, code, service_action, SECTOR_BYTES, 0, 0
    )
    return _scsi_in(fd, cdb, SECTOR_BYTES)


def pass_through_16(command: int, *, protocol: int, flags: int, features: int = 0, count: int = 0, wide: bool = False) -> bytes:
    """The command block of ATA PASS-THROUGH(16) (SAT-4, 12.2.3)."""
    cdb = bytearray(16)
    cdb[0], cdb[1], cdb[2] = _PASS_THROUGH_16, protocol << 1 | int(wide), flags
    cdb[4], cdb[6], cdb[13], cdb[14] = features, count, _LBA_MODE, command
    return bytes(cdb)


def registers_of(sense: bytes) -> Registers:
    """The registers from the ATA Status Return descriptor (SAT-4, 12.2.6). Raises Unanswered when there is none, or an error."""
    if len(sense) < 22 or sense[0] & 0x7F != _DESCRIPTOR_SENSE or sense[8] != _ATA_STATUS_DESCRIPTOR:  # noqa: PLR2004 - its end
        raise Unanswered(f"no registers came back with the sense data. {Unanswered.__doc__}")
    if sense[21] & _FAULT_OR_ERROR:
        raise Unanswered(f"the drive refused the command (error register 0x{sense[11]:02x}). {Unanswered.__doc__}")
    lba = int.from_bytes(bytes(sense[at] for at in (18, 16, 14, 19, 17, 15)))
    return Registers(count=sense[12] << 8 | sense[13], lba=lba)


def _ata_in(fd: int, command: int, features: int = 0) -> bytes:
    cdb = pass_through_16(command, protocol=_PIO_IN, flags=_ONE_BLOCK_IN, features=features, count=1)
    return _scsi_in(fd, cdb, SECTOR_BYTES, whole=True)


def _ata_registers(fd: int, command: int, *, wide: bool) -> Registers:
    cdb = pass_through_16(command, protocol=_NON_DATA, flags=_RETURN_REGISTERS, wide=wide)
    return registers_of(_send(fd, cdb, 0).sense)


def _scsi_in(fd: int, cdb: bytes, length: int, *, whole: bool = False) -> bytes:
    answer = _send(fd, cdb, length)
    if answer.status or answer.host_status:
        raise Unanswered(f"command 0x{cdb[0]:02x} ended with SCSI status 0x{answer.status:02x}. {Unanswered.__doc__}")
    if whole and len(answer.data) != length:
        raise Unanswered(f"{len(answer.data)} of {length} bytes came. {Unanswered.__doc__}")
    return answer.data


def _send(fd: int, cdb: bytes, length: int) -> _Answer:
    command, sense = ctypes.create_string_buffer(cdb, len(cdb)), ctypes.create_string_buffer(_SENSE_BYTES)
    data = ctypes.create_string_buffer(max(length, 1))
    header = bytearray(
        struct.pack(
            _HEADER,
            ord("S"),
            _FROM_DEVICE if length else _NONE,
            len(cdb),
            _SENSE_BYTES,
            0,
            length,
            ctypes.addressof(data),
            ctypes.addressof(command),
            ctypes.addressof(sense),
            _TIMEOUT_MS,
            *(0,) * 12,
        )
    )
    try:
        fcntl.ioctl(fd, _SG_IO, header)
    except OSError as error:
        raise Unanswered(f"SG_IO is not possible here ({error.strerror}). {Unanswered.__doc__}") from error
    status, _, _, sense_length, host, driver, resid, _, _ = struct.unpack(_HEADER, header)[_STATUS_AT:]
    return _Answer(data.raw[: max(length - max(resid, 0), 0)], sense.raw[:sense_length], status, host, driver)
