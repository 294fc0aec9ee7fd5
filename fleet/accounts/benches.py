"""Benches: enrolled once with a one-time code, known by their own key from then on, revoked when they are gone."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from fleet.accounts import benches_repository as repository
from fleet.accounts.models import Bench, EnrolmentCode
from fleet.accounts.tokens import code_hash, new_code
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, Actor, ActorKind, Principal, Role, demand
from fleet.contract.signing import KeyFormatError, key_id, public_from_text
from fleet.db.columns import utc_now
from fleet.db.keyset import DEFAULT_PAGE, Page
from fleet.db.session import act_for
from fleet.errors import N_, Conflict, Invalid, NotFound, Unauthenticated
from fleet.organisations import service as organisations

CODE_VALID: Final = timedelta(hours=1)


class EnrolmentCodeInvalid(Unauthenticated):
    """Unknown, used or too old; which of them is nobody's business."""

    msgid = N_("This enrolment code is wrong, used or older than an hour. Ask your admin for a new one.")


class PublicKeyInvalid(Invalid):
    """Not an Ed25519 public key."""

    msgid = N_("The public key cannot be used: 32 bytes in base64 are expected. Update the bench agent.")


class KeyEnrolled(Conflict):
    """The key belongs to a bench already."""

    msgid = N_("This key is enrolled already. Enrol with a new key: bench-agent enrol --replace")


class BenchNotFound(NotFound):
    """No such bench in this organisation."""

    msgid = N_("This bench does not exist, or it belongs to another organisation.")


class BenchIsRevoked(Conflict):
    """A revoked bench does not come back."""

    msgid = N_("This bench was revoked. Enrol it again with a new code.")


def issue_enrolment_code(session: Session, principal: Principal, site_id: UUID) -> str:
    """A one-time code for one bench at a site, shown once and valid for an hour. Raises RoleMissing, SiteNotFound."""
    demand(principal, Role.ADMIN)
    site = organisations.open_site(session, site_id)
    code, now = new_code(), utc_now()
    issued = EnrolmentCode(
        organisation_id=principal.organisation_id,
        site_id=site.id,
        code_hash=code_hash(code),
        created_at=now,
        expires_at=now + CODE_VALID,
    )
    session.add(issued)
    session.flush()
    data = {"code": str(issued.id), "site": str(site.id)}
    _record(session, principal.organisation_id, EventType.BENCH_CODE_ISSUED, principal.actor, data)
    return code


def enrol(session: Session, code: str, public_key: str, station: str, agent_version: str) -> Bench:
    """Exchange a code for a place in its organisation; from here the session acts for that organisation.

    The same code with the same key again gives the same bench, because the answer to the first try may have been lost.
    Raises EnrolmentCodeInvalid, PublicKeyInvalid, KeyEnrolled.
    """
    wanted = _key_id(public_key)
    hashed, now = code_hash(code), utc_now()
    organisation = repository.organisation_of_code(session, hashed)
    if organisation is None:
        raise EnrolmentCodeInvalid
    act_for(session, organisation)
    issued = repository.code(session, hashed)
    if issued is None or issued.expires_at <= now:
        raise EnrolmentCodeInvalid
    if issued.bench_id is not None:
        return _again(session, issued.bench_id, wanted)
    bench = Bench(
        organisation_id=organisation,
        site_id=issued.site_id,
        station=station,
        key_id=wanted,
        public_key=public_key,
        agent_version=agent_version,
        enrolled_at=now,
    )
    try:
        with session.begin_nested():
            session.add(bench)
            session.flush()
    except IntegrityError as error:
        raise KeyEnrolled from error
    issued.used_at, issued.bench_id = now, bench.id
    session.add(issued)
    data = {"bench": str(bench.id), "key": wanted, "code": str(issued.id), "site": str(bench.site_id)}
    _record(session, organisation, EventType.BENCH_ENROLLED, Actor(ActorKind.BENCH, bench.id), data)
    return bench


def get_bench(session: Session, bench_id: UUID) -> Bench:
    """One bench. Raises BenchNotFound."""
    found = repository.bench(session, bench_id)
    if found is None:
        raise BenchNotFound
    return found


def page(session: Session, *, limit: int = DEFAULT_PAGE, cursor: str | None = None) -> Page[Bench]:
    """The organisation's benches, revoked ones included, in the order of enrolment."""
    return repository.benches(session, limit, cursor)


def revoke(session: Session, principal: Principal, bench_id: UUID) -> Bench:
    """From now on the bench's key opens nothing. Raises RoleMissing, BenchNotFound; twice is once."""
    demand(principal, Role.ADMIN)
    bench = _locked(session, bench_id)
    if bench.revoked_at is not None:
        return bench
    bench.revoked_at = utc_now()
    session.add(bench)
    data = {"bench": str(bench.id), "key": bench.key_id}
    _record(session, principal.organisation_id, EventType.BENCH_REVOKED, principal.actor, data)
    return bench


def assign_batch(session: Session, principal: Principal, bench_id: UUID, batch_id: UUID | None) -> Bench:
    """Say which intake batch the bench works on; `donations` checks that the batch takes devices.

    Raises RoleMissing, BenchNotFound, BenchIsRevoked.
    """
    demand(principal, *MANAGERS)
    bench = _locked(session, bench_id)
    if bench.revoked_at is not None:
        raise BenchIsRevoked
    bench.batch_id = batch_id
    session.add(bench)
    data = {"bench": str(bench.id), "batch": str(batch_id) if batch_id else None}
    _record(session, principal.organisation_id, EventType.BENCH_CHANGED, principal.actor, data)
    return bench


def release_batch(session: Session, batch_id: UUID) -> None:
    """A batch was closed: no bench works on it any more."""
    repository.release_batch(session, batch_id)


def _key_id(public_key: str) -> str:
    try:
        return key_id(public_from_text(public_key))
    except KeyFormatError as error:
        raise PublicKeyInvalid from error


def _again(session: Session, bench_id: UUID, wanted: str) -> Bench:
    """The bench that used this code before, if it is the one that asks again."""
    bench = get_bench(session, bench_id)
    if bench.key_id != wanted or bench.revoked_at is not None:
        raise EnrolmentCodeInvalid
    return bench


def _locked(session: Session, bench_id: UUID) -> Bench:
    found = repository.bench_locked(session, bench_id)
    if found is None:
        raise BenchNotFound
    return found


def _record(session: Session, organisation: UUID, kind: EventType, actor: Actor, data: Mapping[str, object]) -> None:
    audit.record(session, organisation_id=organisation, type=kind, actor=actor, data=data)
