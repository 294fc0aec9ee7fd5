"""What an NVMe controller can do: SANICAP, FNA, OACS and its namespaces. Pure.

Read twice where possible: the bytes of Identify Controller (NVMe 1.4, figure 247), and the JSON of `nvme id-ctrl`. Where the two
differ, neither is believed.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.errors import Failed
from agents.identify.presence import presence
from agents.shell.nvmeio import IDENTIFY_BYTES, SANITIZE_LOG_BYTES
from fleet.contract.kinds import Presence

_NOT_REPORTED: Final = 0xFFFF_FFFF
_MANY_FORMATS: Final = 16
"""NLBAF counts from zero."""
_OACS_FORMAT, _OACS_NAMESPACES = 1, 3


class ControllerUnreadable(Failed):
    """This is not what a controller or nvme-cli says of itself. Reseat the drive and try again."""


class IdCtrl(BaseModel):
    """The fields of `nvme id-ctrl -o json` that decide (nvme-cli 1.12 and later); every other one is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sanicap: Annotated[int, Field(ge=0, lt=2**32)] = 0
    fna: Annotated[int, Field(ge=0, lt=2**8)]
    oacs: Annotated[int, Field(ge=0, lt=2**16)]
    nn: Annotated[int, Field(ge=0, lt=2**32)]


class IdNs(BaseModel):
    """The fields of `nvme id-ns -o json` that say how a namespace is formatted now."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    flbas: Annotated[int, Field(ge=0, lt=2**8)]
    nlbaf: Annotated[int, Field(ge=0, lt=2**8)]


@dataclass(frozen=True)
class LbaFormat:
    """How a namespace is formatted: what a format must ask for so that its blocks keep their size.

    Attributes:
        index: of the LBA format in use.
        extended: each block's metadata follow its data, instead of standing in a buffer of their own.
    """

    index: int
    extended: bool = False


@dataclass(frozen=True)
class NvmeTree:
    """The controller and its namespaces, as the kernel's tree has them.

    Attributes:
        controller: kernel name, such as nvme0.
        namespaces: kernel names of all namespaces of its subsystem that the kernel shows.
    """

    controller: str
    namespaces: tuple[str, ...]


@dataclass(frozen=True)
class NvmeReadings:
    """What was asked of a controller; None where it did not answer.

    Attributes:
        tree: where it stands.
        id_ctrl: JSON of `nvme id-ctrl`.
        raw: bytes of Identify Controller.
        active: ids of the attached namespaces.
        allocated: ids of all namespaces, attached or not.
        sanitize_log: bytes of the sanitize status log page.
        id_ns: JSON of `nvme id-ns`, by the kernel name of each namespace that answered.
    """

    tree: NvmeTree
    id_ctrl: str | None = None
    raw: bytes | None = None
    active: tuple[int, ...] | None = None
    allocated: tuple[int, ...] | None = None
    sanitize_log: bytes | None = None
    id_ns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SanitizeTimes:
    """Seconds that the controller expects to need; None where it does not tell."""

    overwrite_s: int | None = None
    block_s: int | None = None
    crypto_s: int | None = None


@dataclass(frozen=True)
class NvmeCapabilities:
    """One controller.

    Attributes:
        tree: its names.
        sanitize_crypto, sanitize_block, sanitize_overwrite: SANICAP bits 0, 1, 2.
        format: OACS bit 1.
        format_crypto: FNA bit 2.
        erases_all: FNA bit 1: a secure erase by format reaches all namespaces.
        unseen: there are namespaces that the kernel does not show, or that are attached to nothing.
        times: from the sanitize log.
        formats: how each namespace is formatted, by its kernel name; one that did not say is not among them.
    """

    tree: NvmeTree
    sanitize_crypto: Presence
    sanitize_block: Presence
    sanitize_overwrite: Presence
    format: Presence
    format_crypto: Presence
    erases_all: Presence
    unseen: Presence
    times: SanitizeTimes = SanitizeTimes()
    formats: Mapping[str, LbaFormat] = field(default_factory=dict)


def parse(readings: NvmeReadings) -> NvmeCapabilities:
    """What a controller can do. Raises ControllerUnreadable when nothing was read, or the two readings differ."""
    told = [from_json(readings.id_ctrl)] if readings.id_ctrl is not None else []
    told += [from_bytes(readings.raw)] if readings.raw is not None else []
    if not told:
        raise ControllerUnreadable(f"It did not answer. {ControllerUnreadable.__doc__}")
    if told[0] != told[-1]:
        raise ControllerUnreadable(f"nvme-cli reads {told[0]}, the bytes say {told[-1]}. {ControllerUnreadable.__doc__}")
    found = told[0]
    return NvmeCapabilities(
        tree=readings.tree,
        sanitize_crypto=presence(found.sanicap & 1),
        sanitize_block=presence(found.sanicap >> 1 & 1),
        sanitize_overwrite=presence(found.sanicap >> 2 & 1),
        format=presence(found.oacs >> _OACS_FORMAT & 1),
        format_crypto=presence(found.fna >> 2 & 1),
        erases_all=presence(found.fna >> 1 & 1),
        unseen=_unseen(readings, manages=bool(found.oacs >> _OACS_NAMESPACES & 1), most=found.nn),
        times=sanitize_times(readings.sanitize_log),
        formats={name: used for name, text in readings.id_ns.items() if (used := lba_format(text)) is not None},
    )


def from_json(text: str) -> IdCtrl:
    """The decisive fields. Raises ControllerUnreadable."""
    try:
        return IdCtrl.model_validate_json(text)
    except ValidationError as error:
        raise ControllerUnreadable(f"{ControllerUnreadable.__doc__} ({error.error_count()} fields are wrong)") from error


def lba_format(text: str) -> LbaFormat | None:
    """How a namespace is formatted; None when this does not say.

    FLBAS: bits 3:0 are the format's index, bits 6:5 its upper bits where there are more than 16 formats, bit 4 says that metadata
    follow the data (NVM Command Set 1.0, figure 97).
    """
    try:
        found = IdNs.model_validate_json(text)
    except ValidationError:
        return None
    upper = found.flbas >> 5 & 3 if found.nlbaf >= _MANY_FORMATS else 0
    index = upper << 4 | found.flbas & 0xF
    return LbaFormat(index, extended=bool(found.flbas >> 4 & 1)) if index <= found.nlbaf else None


def from_bytes(data: bytes) -> IdCtrl:
    """The same from Identify Controller: OACS at byte 256, SANICAP at 328, NN at 516, FNA at 524. Raises ControllerUnreadable."""
    if len(data) != IDENTIFY_BYTES:
        raise ControllerUnreadable(f"{len(data)} bytes. {ControllerUnreadable.__doc__}")
    (oacs,) = struct.unpack_from("<H", data, 256)
    (sanicap,) = struct.unpack_from("<I", data, 328)
    (count,) = struct.unpack_from("<I", data, 516)
    return IdCtrl(sanicap=sanicap, fna=data[524], oacs=oacs, nn=count)


def sanitize_times(log: bytes | None) -> SanitizeTimes:
    """Estimates at bytes 8, 12 and 16 of the sanitize log; all ones means not reported, and nobody believes zero."""
    if log is None or len(log) != SANITIZE_LOG_BYTES:
        return SanitizeTimes()
    times = struct.unpack_from("<III", log, 8)
    return SanitizeTimes(*(None if seconds in (0, _NOT_REPORTED) else seconds for seconds in times))


def _unseen(readings: NvmeReadings, *, manages: bool, most: int) -> Presence:
    """Whether a namespace exists that is not in the tree. A controller without namespace management has no detached ones."""
    shown = len(readings.tree.namespaces)
    if most == 1 and shown == 1:
        return Presence.NO
    existing = readings.allocated if manages and readings.allocated is not None else readings.active
    if existing is None:
        return Presence.INDETERMINATE
    return presence(len(existing) > shown)
