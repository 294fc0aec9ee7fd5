"""From rows to the values that rules look at, and back."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter
from sqlmodel import Session

from fleet.auth.rules import ActorKind, Principal
from fleet.contract.canonical import canonical
from fleet.devices import evidence as ev
from fleet.devices import repository
from fleet.devices.gates import Proof, Standing
from fleet.devices.models import Device, Evidence

_ANY: TypeAdapter[ev.AnyEvidence] = TypeAdapter(ev.AnyEvidence)


@dataclass(frozen=True)
class By:
    """Who takes a step, and the signed bench event that told of it, if one did, with the hash of its payload."""

    principal: Principal
    source_event: UUID | None = None
    source_sha256: str | None = None
    certified: UUID | None = None
    """The wipe certificate, signed by a bench and found adequate, that this step rests on."""
    vouched: frozenset[ev.EvidenceType] = frozenset()
    """Kinds of evidence with a door of their own (see `service.DOORS`) for which the use case behind this step answers."""

    @property
    def by_bench(self) -> bool:
        """Whether a bench vouches for what comes with the step, itself or by its certificate."""
        return self.principal.actor.kind is ActorKind.BENCH or self.certified is not None

    @property
    def account(self) -> UUID | None:
        """The person: the account, or the operator at the bench."""
        return self.principal.actor.person


def read(row: Evidence) -> ev.AnyEvidence:
    """The evidence in a row, from its canonical bytes."""
    return _ANY.validate_json(row.document)


def row_of(what: ev.AnyEvidence, device_id: UUID, version: int, by: By) -> Evidence:
    """A row for a piece of evidence. Raises CanonicalError."""
    document = canonical(what)
    actor = by.principal.actor
    return Evidence(
        device_id=device_id,
        type=what.type,
        at_version=version,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        operator_id=actor.operator,
        source_event=by.source_event,
        document=document,
        sha256=hashlib.sha256(document).hexdigest(),
        data=what.model_dump(mode="json"),
    )


def standing_of(
    session: Session, device: Device, by: By, given: Sequence[ev.AnyEvidence], *, two_person_release: bool = False
) -> Standing:
    """Everything that the gates look at, with what comes with the step in hand."""
    return Standing(
        kind=device.kind,
        origin=device.origin,
        outside_version=device.outside_version,
        version=device.version + 1,
        storage_keys=frozenset(component.storage_key for component in repository.fitted(session, device.id)),
        proofs=tuple(Proof(row.at_version, read(row)) for row in repository.evidence_of(session, device.id)),
        given=tuple(given),
        actor_account=by.account,
        by_bench=by.by_bench,
        two_person_release=two_person_release,
    )
