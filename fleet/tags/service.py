"""Issue asset codes: at random, so that one tells nothing of another, and each once."""

import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import Actor, Principal, Role, demand
from fleet.db.columns import utc_now
from fleet.devices import repository as devices
from fleet.errors import N_, Unavailable
from fleet.organisations import service as organisations
from fleet.tags import repository
from fleet.tags.models import CodeLease
from labels.codes import CodeMisreadError, CodeShapeError, parse, random_code

MOST_ROUNDS: Final = 20
"""Draws before giving up: a second one is rare while codes are few, a twentieth means that they are used up."""
_draw: Final = secrets.SystemRandom()


class CodesUsedUp(Unavailable):
    """Nearly every code was issued."""

    msgid = N_("No free asset codes were found. Tell the people who run the service.")


@dataclass(frozen=True)
class Holder:
    """Whose device a label belongs to, as far as a stranger may know."""

    organisation_name: str
    contact: str


def lease(session: Session, principal: Principal, bench_id: UUID, request_id: UUID, count: int) -> tuple[str, ...]:
    """A block of codes that only this bench gives out; the same request gives the same block. Raises CodesUsedUp."""
    wanted = CodeLease(bench_id=bench_id, request_id=request_id, organisation_id=principal.organisation_id, leased_at=utc_now())
    if not repository.add_lease(session, wanted):
        return tuple(repository.leased(session, bench_id, request_id))
    codes = _issue(session, principal.organisation_id, count, wanted)
    told = {"bench": str(bench_id), "request": str(request_id), "count": len(codes)}
    _record(session, principal.organisation_id, EventType.CODES_LEASED, principal.actor, told)
    return codes


def issue_one(session: Session, principal: Principal) -> str:
    """A code for a device that is received at a desk or in the workshop. Raises RoleMissing, CodesUsedUp."""
    demand(principal, Role.WORKSHOP, Role.LENDING)
    [code] = _issue(session, principal.organisation_id, 1, None)
    _record(session, principal.organisation_id, EventType.CODE_ISSUED, principal.actor, {"code": code})
    return code


def issued_here(session: Session, code: str) -> bool:
    """Whether the session's organisation issued this code (8 characters, no dash)."""
    return repository.get(session, code) is not None


def holder(session: Session, text: str) -> Holder | None:
    """Whom a finder of a label may call: the device's owner, else whoever issued the code; None for a code that is no one's."""
    try:
        code = parse(text)
    except (CodeShapeError, CodeMisreadError):
        return None
    organisation = devices.organisation_of_code(session, code) or repository.issuer(session, code)
    if organisation is None:
        return None
    face = organisations.public_face(session, organisation)
    return Holder(face.name, face.contact)


def _issue(session: Session, organisation: UUID, count: int, wanted: CodeLease | None) -> tuple[str, ...]:
    issued: set[str] = set()
    for _ in range(MOST_ROUNDS):
        drawn = {random_code(_draw) for _ in range(count - len(issued))}
        issued.update(repository.add(session, sorted(drawn), utc_now(), organisation, wanted))
        if len(issued) == count:
            return tuple(sorted(issued))
    raise CodesUsedUp


def _record(session: Session, organisation: UUID, kind: EventType, actor: Actor, data: dict[str, object]) -> None:
    audit.record(session, organisation_id=organisation, type=kind, actor=actor, data=data)
