"""Leave the service: what stands in the way, hand back, hand over, export, and the end of the chain.

Each step can be taken on another day; what is left to do is read from the database each time.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlmodel import Session

from fleet.audit import repository as chain
from fleet.audit import service as audit
from fleet.audit.keys import service_key
from fleet.audit.models import AuditEvent, ChainHead
from fleet.audit.rules import EventType
from fleet.auth.rules import Principal, Role, demand
from fleet.config import Settings
from fleet.custody import service as custody
from fleet.custody.models import Transfer
from fleet.custody.rules import MOST_LINES
from fleet.db.columns import utc_now
from fleet.departures import archive, repository
from fleet.departures.archive import Archive
from fleet.departures.errors import DepartureNotFound, NameDiffers, NotClear, NothingToHandOver, NotLeaving, WhoMissing
from fleet.departures.models import Departure
from fleet.departures.rules import Obstacles
from fleet.devices import evidence as ev
from fleet.devices import service as devices
from fleet.devices.standing import By
from fleet.devices.states import Step
from fleet.organisations import service as organisations

LINK_DAYS: Final = 30
"""How long the link to the export works after the end."""
AT_ONCE: Final = 200
"""Devices that are marked as handed over outside in one go."""


@dataclass(frozen=True)
class Left:
    """How it ended. `token` opens the export for whoever has the link."""

    departure: Departure
    token: str
    export: Archive


def exports_dir(settings: Settings) -> Path:
    """Where exports are kept."""
    return settings.data_dir / "exports"


def current(session: Session, principal: Principal) -> Departure | None:
    """The caller's departure, if it began."""
    return repository.get(session, principal.organisation_id)


def obstacles(session: Session, organisation: UUID) -> Obstacles:
    """What stands in the way now."""
    own = dict(repository.own_by_custodian(session, organisation))
    here = own.pop(organisation, 0)
    numbers = {what: repository.count(session, what, organisation) for what in ("transfers", "tasks", "batches", "benches")}
    return Obstacles(here, own, repository.held_by_owner(session, organisation), **numbers)


def begin(session: Session, principal: Principal) -> Departure:
    """Begin to leave; beginning again changes nothing. Raises RoleMissing."""
    demand(principal, Role.ADMIN)
    audit.lock(session, principal.organisation_id)
    known = current(session, principal)
    if known is not None:
        return known
    departure = Departure(organisation_id=principal.organisation_id, started_by=principal.actor.id)
    session.add(departure)
    session.flush()
    _record(session, principal, EventType.ORGANISATION_LEAVING, {})
    return departure


def stay(session: Session, principal: Principal) -> None:
    """Do not leave after all. Raises RoleMissing, NotLeaving."""
    session.delete(_leaving(session, principal))
    session.flush()
    _record(session, principal, EventType.ORGANISATION_STAYS, {})


def hand_back(session: Session, principal: Principal, owner: UUID) -> Transfer:
    """A packed transfer with devices that are held for this owner. Raises RoleMissing, NotLeaving, NothingToHandOver."""
    audit.lock(session, principal.organisation_id, owner)  # both at once, in sorted order
    _leaving(session, principal)
    codes = repository.codes(session, owner, [principal.organisation_id], MOST_LINES)
    return _packed(session, principal, custody.Destination(owner), codes)


def hand_over(session: Session, principal: Principal, to: UUID) -> Transfer:
    """A packed transfer of own devices with the ownership: those that are here, and those that the receiver holds already.

    Raises RoleMissing, NotLeaving, NothingToHandOver and what `custody.draft` raises.
    """
    audit.lock(session, principal.organisation_id, to)  # as above
    _leaving(session, principal)
    me = principal.organisation_id
    codes = repository.codes(session, me, [me, to], MOST_LINES)
    return _packed(session, principal, custody.Destination(to, with_ownership=True), codes)


def _packed(session: Session, principal: Principal, to: custody.Destination, codes: Sequence[str]) -> Transfer:
    transfer = custody.draft(session, principal, to)
    packed = [custody.pack(session, principal, transfer.id, code) for code in codes]
    if not any(one.why is None for one in packed):
        raise NothingToHandOver
    return transfer


def transfer_out(session: Session, principal: Principal, settings: Settings, to: str) -> int:
    """Mark own devices that are here as handed over to somebody outside the service, with an export of their history.

    At most `AT_ONCE`; how many are left. The export that their evidence names stays on disk under its hash.

    Raises RoleMissing, NotLeaving, WhoMissing and what `devices.apply` raises.
    """
    _leaving(session, principal)
    if not to.strip():
        raise WhoMissing(field="to")
    me = principal.organisation_id
    codes = repository.codes(session, me, [me], AT_ONCE)
    if not codes:
        raise NothingToHandOver
    written = archive.keep(export(session, principal, settings), me)
    proof = ev.HandOver(to=to.strip()[:400], export_sha256=written.sha256)
    for code in codes:
        devices.apply(session, By(principal), code, Step.TRANSFER_OUT, [proof])
    return obstacles(session, me).own_here


def export(session: Session, principal: Principal, settings: Settings) -> Archive:
    """Write the whole history as it is now, up to a head that is signed now; the next one takes its place.

    Raises RoleMissing, ServiceKeyError.
    """
    demand(principal, Role.ADMIN)
    audit.lock(session, principal.organisation_id)
    audit.sign_head(session, principal.organisation_id, service_key(settings))
    return _write(session, principal, settings, f"{principal.organisation_id}-so-far.zip")


def _write(session: Session, principal: Principal, settings: Settings, name: str) -> Archive:
    key = service_key(settings).public_key()
    return archive.write(session, settings, principal.organisation_id, key, exports_dir(settings) / name)


def leave(session: Session, principal: Principal, settings: Settings, name: str) -> Left:
    """The end: the export, the last event, and nobody acts for the organisation any more.

    Raises RoleMissing, NotLeaving, NameDiffers, NotClear, ServiceKeyError.
    """
    _leaving(session, principal)
    me = principal.organisation_id
    shown = organisations.get(session, me).name
    if " ".join(name.split()) != shown:
        raise NameDiffers(name=shown, field="name")
    standing = obstacles(session, me)
    if not standing.clear:
        raise NotClear
    key, token = service_key(settings), secrets.token_urlsafe(32)
    audit.sign_head(session, me, key)
    written = _write(session, principal, settings, f"{me}.zip")
    repository.shut(session, me)
    told = {"export_sha256": written.sha256, "export_bytes": written.size, "benches": standing.benches}
    last = _record(session, principal, EventType.ORGANISATION_LEFT, told)
    audit.sign_head(session, me, key)
    departure = _leaving(session, principal)  # the walk through the chain has let go of every row
    departure.closed_at, departure.last_seq, departure.last_hash = utc_now(), last.seq, last.hash
    departure.export_sha256, departure.export_bytes = written.sha256, written.size
    departure.token_hash = hashlib.sha256(token.encode()).digest()
    departure.token_until = utc_now() + timedelta(days=LINK_DAYS)
    session.add(departure)
    session.flush()
    return Left(departure, token, written)


def organisation_of(session: Session, token: str) -> UUID:
    """Who left with this link; before an organisation is known. Raises DepartureNotFound."""
    found = repository.of_token(session, hashlib.sha256(token.encode()).digest())
    if found is None:
        raise DepartureNotFound
    return found


def departed(session: Session, organisation: UUID) -> Departure:
    """The departure of an organisation for which the session acts. Raises DepartureNotFound."""
    found = repository.get(session, organisation)
    if found is None or found.closed_at is None:
        raise DepartureNotFound
    return found


def closing(session: Session, departure: Departure) -> bytes:
    """closing.json: the last event and the service's signature over it. Raises DepartureNotFound."""
    if departure.last_seq is None:
        raise DepartureNotFound
    event = session.get(AuditEvent, (departure.organisation_id, departure.last_seq))
    head = next((one for one in chain.signed_heads(session, departure.organisation_id) if one.seq == departure.last_seq), None)
    if event is None or head is None:
        raise DepartureNotFound
    return json.dumps({"event": bytes(event.body).decode(), "head": _head(head)}, indent=1).encode()


def _head(head: ChainHead) -> dict[str, str]:
    payload, signature = (base64.b64encode(part).decode("ascii") for part in (head.payload, head.signature))
    return {"payload": payload, "signature": signature, "key_id": head.key_id}


def _leaving(session: Session, principal: Principal) -> Departure:
    demand(principal, Role.ADMIN)
    audit.lock(session, principal.organisation_id)
    departure = current(session, principal)
    if departure is None or departure.closed_at is not None:
        raise NotLeaving
    return departure


def _record(session: Session, principal: Principal, kind: EventType, told: dict[str, object]) -> AuditEvent:
    return audit.record(session, organisation_id=principal.organisation_id, type=kind, actor=principal.actor, data=told)
