"""The devices this bench has seen: which storage has which asset code, and how far its label came."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agents.journal.db import Transaction
from fleet.contract.base import utc_text
from fleet.contract.kinds import DeviceKind
from fleet.contract.storage import StorageIdentity


class Stage(StrEnum):
    """How far a device came before its wipe."""

    RECEIVED = "received"
    LABELLED = "labelled"
    SCANNED = "scanned"


@dataclass(frozen=True)
class KnownDevice:
    """A device as the bench remembers it."""

    storage: StorageIdentity
    asset_code: str
    kind: DeviceKind
    stage: Stage


def find(tx: Transaction, storage_key: str) -> KnownDevice | None:
    """The device that holds this storage, whatever name it has today."""
    row = tx.one("SELECT asset_code, kind, storage, stage FROM devices WHERE storage_key = ?", (storage_key,))
    if row is None:
        return None
    return KnownDevice(
        StorageIdentity.model_validate_json(row["storage"]), row["asset_code"], DeviceKind(row["kind"]), Stage(row["stage"])
    )


def remember(tx: Transaction, device: KnownDevice, at: datetime) -> None:
    """Write a device down, or bring what is known of it up to date."""
    tx.execute(
        "INSERT INTO devices (storage_key, asset_code, kind, storage, stage, first_seen) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (storage_key) DO UPDATE SET asset_code = excluded.asset_code, kind = excluded.kind, "
        "storage = excluded.storage, stage = excluded.stage",
        (
            device.storage.key,
            device.asset_code,
            device.kind,
            device.storage.model_dump_json(),
            device.stage,
            utc_text(at),
        ),
    )


def reach(tx: Transaction, storage_key: str, stage: Stage) -> None:
    """Note that a device came as far as `stage`."""
    tx.execute("UPDATE devices SET stage = ? WHERE storage_key = ?", (stage, storage_key))
