"""What happened to a device since somebody looked at it: whoever comes second is told, instead of only refused."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session

from fleet.accounts import service as accounts
from fleet.audit import repository as chain
from fleet.contract.base import utc_text
from fleet.devices.errors import DeviceStale
from fleet.devices.models import Device
from labels.codes import show


def stale(session: Session, device: Device, looked_at: int | None) -> DeviceStale:
    """The refusal of a change that rests on an older version. `looked_at` is that version; None when it is not known.

    Its `changes` say who did what and when, the oldest first; each has at, who (None for a machine), step and to.
    """
    since = device.version - 1 if looked_at is None else looked_at
    return DeviceStale(code=show(device.asset_code), changes=changes_since(session, device, since))


def changes_since(session: Session, device: Device, version: int) -> Sequence[Mapping[str, object]]:
    """The device's events after a version."""
    told = [(event, json.loads(event.body)) for event in chain.of_device(session, device.id)]
    newer = [(event, body) for event, body in told if int(body["data"].get("version", 0)) > version]
    names = accounts.names(session, {who for _, body in newer if (who := _person(body))})
    return [
        {
            "at": utc_text(event.at),
            "who": names.get(who) if (who := _person(body)) else None,
            "step": body["data"].get("step"),
            "to": body["data"].get("to"),
        }
        for event, body in newer
    ]


def _person(body: Mapping[str, Any]) -> UUID | None:
    """The account behind an event: its own, or the operator's at a bench."""
    actor = body["actor"]
    person = actor["operator"] if actor["kind"] == "bench" else actor["id"]
    return UUID(person) if person else None
