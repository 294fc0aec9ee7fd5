"""Pure decisions about destroying storage."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import Field

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.kinds import DestructionMethod, DeviceKind
from fleet.devices.states import WORKSHOP, State

_APART: Final = WORKSHOP | {State.QUARANTINED, State.STRIPPED, State.RECYCLE_STAGED}
EARLIEST: Final = timedelta(days=31)
"""Who records a destruction does so while the witness still remembers it."""
AHEAD: Final = timedelta(minutes=15)
"""A clock may be a little ahead."""


class Standing(StrEnum):
    """How far a record is."""

    AWAITS_WITNESS = "awaits_witness"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


class DestructionDocument(Wire):
    """The record as it is hashed. People are named by the ids of their accounts, never by name."""

    id: UUID
    asset_code: Text
    device_id: UUID
    storage_keys: tuple[Text, ...] = Field(min_length=1)
    method: DestructionMethod
    reason: Text
    place: Text
    destroyed_at: Moment
    recorded_at: Moment
    operator: UUID
    photo_sha256: Text
    photo_type: Text


def may_destroy(kind: DeviceKind, state: State) -> bool:
    """Whether storage of such a device may be destroyed now: nobody has it, and no bench works on it.

    A drive that is ready may go too; another device that is ready goes to repair first.
    """
    return state in _APART or (state is State.READY and kind is DeviceKind.DRIVE)


def plausible(destroyed_at: datetime, now: datetime) -> bool:
    """Whether the moment is neither in the future nor too long ago."""
    return now - EARLIEST <= destroyed_at <= now + AHEAD


def unread_key(serial: str) -> str:
    """The key of a storage that no bench could read, by the serial number on its sticker (upper case, no spaces)."""
    return f"unread:{serial}"


def is_unread(key: str) -> bool:
    """Whether a key came from a sticker and not from the medium."""
    return key.startswith("unread:")
