"""A device's fiche: what it is and every step with who, when and which evidence (MB 23-06-2017)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from fleet.accounts import service as accounts
from fleet.audit import repository as chain
from fleet.audit.models import AuditEvent
from fleet.devices import repository
from fleet.devices.models import Component, Device, Evidence, Identifier
from fleet.tasks import service as tasks
from fleet.tasks.models import Task


@dataclass(frozen=True)
class Entry:
    """One line of the history. `who` is the present name behind the pseudonym, or None when it is gone or a machine's."""

    seq: int
    at: datetime
    type: str
    data: Mapping[str, Any]
    who: str | None
    by_bench: bool
    evidence: Sequence[Evidence]
    hash: str


@dataclass(frozen=True)
class Fiche:
    """Everything that the device page shows."""

    device: Device
    identifiers: Sequence[Identifier]
    components: Sequence[Component]
    history: Sequence[Entry]
    tasks: Sequence[Task]


def fiche(session: Session, device: Device) -> Fiche:
    """The fiche in six queries, whatever the length of the history."""
    events = chain.of_device(session, device.id)
    evidence: dict[int, list[Evidence]] = {}
    for row in repository.evidence_of(session, device.id):
        evidence.setdefault(row.at_version, []).append(row)
    told = [(event, json.loads(event.body)) for event in events]
    names = accounts.names(session, {person for _, body in told if (person := _person(body))})
    return Fiche(
        device=device,
        identifiers=repository.identifiers_of(session, device.id),
        components=repository.components_of(session, device.id),
        history=[_entry(event, body, names, evidence) for event, body in told],
        tasks=tasks.of_device(session, device.id),
    )


def _person(body: Mapping[str, Any]) -> UUID | None:
    actor = body["actor"]
    person = actor["operator"] if actor["kind"] in {"bench", "token"} else actor["id"]
    return UUID(person) if person else None


def _entry(
    event: AuditEvent, body: Mapping[str, Any], names: Mapping[UUID, str], evidence: Mapping[int, Sequence[Evidence]]
) -> Entry:
    person = _person(body)
    return Entry(
        seq=event.seq,
        at=event.at,
        type=event.type,
        data=body["data"],
        who=names.get(person) if person else None,
        by_bench=body["actor"]["kind"] == "bench",
        evidence=evidence.get(body["data"].get("version", 0), ()) if event.type.startswith("device.") else (),
        hash=event.hash.hex(),
    )
