"""Workstations: computers of benches and desks whose browser an admin enrolled. Only there do badges open anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlmodel import Session

from fleet.accounts import workstations_repository as repository
from fleet.accounts.tokens import code_hash, new_code, new_token, token_hash
from fleet.accounts.workstations_models import MAX_NAME, Workstation, WorkstationCode
from fleet.accounts.workstations_repository import Station
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import SYSTEM, Actor, Principal, Role, demand
from fleet.db.columns import utc_now
from fleet.db.keyset import DEFAULT_PAGE, Page
from fleet.db.session import act_for
from fleet.errors import N_, Invalid, NotFound
from fleet.organisations import service as organisations

__all__ = ["Enrolled", "Station", "change", "enrol", "issue_code", "page", "recognised", "revoke"]

CODE_VALID: Final = timedelta(hours=1)


class WorkstationCodeInvalid(Invalid):
    """Unknown, used or too old; which of them is nobody's business."""

    msgid = N_("This code is wrong, used or older than an hour. Ask your admin for a new one.")


class WorkstationNameMissing(Invalid):
    """People must know which computer it is."""

    msgid = N_("Give the computer a name, for example: Desk 1.")


class WorkstationNotFound(NotFound):
    """No such workstation in this organisation."""

    msgid = N_("This workstation does not exist, or it belongs to another organisation.")


@dataclass(frozen=True)
class Enrolled:
    """A new workstation. `token` goes into the cookie of its browser and nowhere else."""

    row: Workstation
    token: str


def issue_code(session: Session, principal: Principal, site_id: UUID, name: str) -> str:
    """A one-time code for one computer, shown once and valid for an hour.

    Raises RoleMissing, SiteNotFound, PlaceClosed, WorkstationNameMissing.
    """
    demand(principal, Role.ADMIN)
    site, code, now = organisations.open_site(session, site_id), new_code(), utc_now()
    issued = WorkstationCode(
        organisation_id=principal.organisation_id,
        site_id=site.id,
        name=_name(name),
        code_hash=code_hash(code),
        created_at=now,
        expires_at=now + CODE_VALID,
    )
    session.add(issued)
    session.flush()
    told = {"code": str(issued.id), "site": str(site.id)}
    _record(session, principal.organisation_id, principal.actor, EventType.WORKSTATION_CODE_ISSUED, told)
    return code


def enrol(session: Session, code: str) -> Enrolled:
    """Exchange a code for a place among the workstations of its organisation; from here the session acts for that organisation.

    Raises WorkstationCodeInvalid.
    """
    hashed, now = code_hash(code), utc_now()
    organisation = repository.organisation_of_code(session, hashed)
    if organisation is None:
        raise WorkstationCodeInvalid(field="code")
    act_for(session, organisation)
    issued = repository.code(session, organisation, hashed)
    if issued is None or issued.used_at is not None or issued.expires_at <= now:
        raise WorkstationCodeInvalid(field="code")
    token = new_token()
    row = Workstation(
        organisation_id=organisation,
        site_id=issued.site_id,
        name=issued.name,
        token_hash=token_hash(token),
        enrolled_at=now,
        last_seen_at=now,
    )
    session.add(row)
    session.flush()
    issued.used_at, issued.workstation_id = now, row.id
    session.add(issued)
    told = {"workstation": str(row.id), "code": str(issued.id), "site": str(row.site_id)}
    _record(session, organisation, SYSTEM, EventType.WORKSTATION_ENROLLED, told)
    return Enrolled(row, token)


def recognised(session: Session, token: str) -> Station | None:
    """The enrolled workstation whose browser holds this token."""
    return repository.by_token(session, token_hash(token))


def page(session: Session, principal: Principal, *, limit: int = DEFAULT_PAGE, cursor: str | None = None) -> Page[Workstation]:
    """The organisation's workstations, in the order of enrolment. Raises RoleMissing, CursorInvalid."""
    demand(principal, Role.ADMIN, Role.AUDITOR)
    return repository.page(session, principal.organisation_id, limit, cursor)


def change(session: Session, principal: Principal, workstation_id: UUID, site_id: UUID, name: str) -> Workstation:
    """Rename a workstation, or note that it moved to another site.

    Raises RoleMissing, WorkstationNotFound, SiteNotFound, WorkstationNameMissing.
    """
    demand(principal, Role.ADMIN)
    row = _locked(session, principal, workstation_id)
    row.site_id, row.name = organisations.get_site(session, site_id).id, _name(name)
    session.add(row)
    told = {"workstation": str(row.id), "site": str(row.site_id)}
    _record(session, principal.organisation_id, principal.actor, EventType.WORKSTATION_CHANGED, told)
    return row


def revoke(session: Session, principal: Principal, workstation_id: UUID) -> Workstation:
    """From now on no badge opens anything there, and who was signed in by badge is not any more.

    Raises RoleMissing, WorkstationNotFound; twice is once.
    """
    demand(principal, Role.ADMIN)
    row = _locked(session, principal, workstation_id)
    if row.revoked_at is None:
        row.revoked_at = utc_now()
        session.add(row)
        ended = repository.end_sessions(session, row.organisation_id, row.id, row.revoked_at)
        told = {"workstation": str(row.id), "sessions": ended}
        _record(session, principal.organisation_id, principal.actor, EventType.WORKSTATION_REVOKED, told)
    return row


def _locked(session: Session, principal: Principal, workstation_id: UUID) -> Workstation:
    found = repository.locked(session, principal.organisation_id, workstation_id)
    if found is None:
        raise WorkstationNotFound
    return found


def _name(text: str) -> str:
    name = " ".join(text.split())[:MAX_NAME]
    if not name:
        raise WorkstationNameMissing(field="name")
    return name


def _record(session: Session, organisation: UUID, actor: Actor, kind: EventType, told: Mapping[str, object]) -> None:
    audit.record(session, organisation_id=organisation, type=kind, actor=actor, data=told)
