"""Who is calling: the dependencies that handlers name in their signatures.

Each gives a `Unit`: one transaction in which row-level security already shows the caller's organisation and no other.
Nothing here knows accounts or benches; the application puts a `Resolver` at `app.state.resolver`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Protocol
from uuid import UUID

from fastapi import Depends, Request
from sqlmodel import Session

from fleet.auth.bearer import TOKENS, TokenRefused, admitted, bearer
from fleet.auth.gates import GATES, check, is_below
from fleet.auth.rules import MANAGERS, Actor, ActorKind, Principal, Role, RoleMissing, demand
from fleet.auth.signatures import (
    BenchRevoked,
    BenchUnknown,
    ClockSkew,
    Received,
    SignatureInvalid,
    SignatureMissing,
    claim_of,
    verify,
)
from fleet.contract.signing import public_from_text
from fleet.db.session import SessionDep, act_for
from fleet.errors import Unauthenticated
from fleet.web.configured import SettingsDep
from fleet.web.csrf import TokenWrong, check_token
from fleet.web.viewer import set_viewer

LIVE_PATH: Final = "/live"
RENEWS: Final = "x-renews"
"""A header of requests that a page makes by itself to show what is new."""


READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ACTIVE: Final = tuple(role for role in Role if role is not Role.AUDITOR)
"""Roles of which one must be held to change anything, whatever the handler asks beyond that."""
FOR_ONESELF: Final = (
    "/account",
    "/api/v1/me",
    "/api/v1/session",
    "/language",
    "/look",
    "/sign-in",
    "/sign-out",
    "/kept",
    "/views",
)
"""What everybody may do, there and below, because it touches only their own sign-in, language and looks."""


@dataclass(frozen=True)
class BenchKey:
    """What a key id leads to before an organisation is known."""

    bench_id: UUID
    organisation_id: UUID
    public_key: str
    revoked: bool


class Resolver(Protocol):
    """What accounts know, for the application to hand in."""

    def cookie_name(self, *, secure: bool) -> str:
        """The name of the session cookie."""

    def staff(self, session: Session, token: str) -> Principal | None:
        """Who holds a session token, if it is valid now."""

    def token(self, session: Session, token: str) -> Principal | None:
        """Who acts with an API token, in all the roles of its maker, if it is valid now. Raises TooMany."""

    def bench_key(self, session: Session, key_id: str) -> BenchKey | None:
        """The bench that enrolled a key."""

    def bench_seen(self, session: Session, bench_id: UUID) -> None:
        """A bench has proven itself just now."""


@dataclass(frozen=True)
class Unit:
    """A transaction and the person for whom it is."""

    session: Session
    principal: Principal


@dataclass(frozen=True)
class BenchCall:
    """A transaction and the bench that signed the request."""

    session: Session
    principal: Principal
    key: BenchKey


def resolver_of(request: Request) -> Resolver:
    """The application's resolver."""
    resolver: Resolver = request.app.state.resolver
    return resolver


def _known(request: Request, session: SessionDep, settings: SettingsDep) -> Unit | None:
    resolver, given = resolver_of(request), bearer(request)
    if given is not None:
        return _holder(request, session, resolver.token(session, given))
    token = request.cookies.get(resolver.cookie_name(secure=settings.secure_cookies))
    principal = _who(resolver, session, token, by_itself=asks_by_itself(request)) if token else None
    if principal is None:
        return None
    act_for(session, principal.organisation_id)
    set_viewer(request, principal)
    return Unit(session, principal)


def asks_by_itself(request: Request) -> bool:
    """Whether an open page asks, not the person: that somebody is there is not to be concluded from it."""
    return request.url.path == LIVE_PATH or request.headers.get(RENEWS) == "yes"


def _who(resolver: Resolver, session: Session, token: str, *, by_itself: bool) -> Principal | None:
    """Who holds a token. A page that asks by itself leaves no trace: a sign-in that ends when nobody is there must end."""
    if not by_itself:
        return resolver.staff(session, token)
    with session.begin_nested() as looked:
        principal = resolver.staff(session, token)
        looked.rollback()
    return principal


def _holder(request: Request, session: Session, holder: Principal | None) -> Unit:
    """Who acts with a token. A token that is sent counts alone: no cookie beside it makes up for what it lacks."""
    if holder is None:
        raise TokenRefused
    set_viewer(request, holder)
    return Unit(session, admitted(request, holder))


async def maybe_staff(request: Request, unit: Annotated[Unit | None, Depends(_known, scope="function")]) -> Unit | None:
    """The signed-in person, or None for a stranger. A change by cookie carries its session's token, here for every handler.

    Raises TokenWrong, PasswordFirst.
    """
    if unit is not None:
        await check_token(request)
        check(request.url.path, unit.principal)
    return unit


# Those that only look at the unit are async: a plain function would cost a turn in the thread pool each
MaybeUnit = Annotated[Unit | None, Depends(maybe_staff, scope="function")]


async def staff(request: Request, unit: MaybeUnit) -> Unit:
    """The signed-in person. Who only audits changes nothing but their own things. Raises Unauthenticated, RoleMissing."""
    if unit is None:
        raise Unauthenticated
    if request.method not in READS and not is_below(request.url.path, FOR_ONESELF):
        demand(unit.principal, *ACTIVE)
    return unit


StaffUnit = Annotated[Unit, Depends(staff, scope="function")]


async def workshop(unit: StaffUnit) -> Unit:
    """Somebody of the workshop. Raises RoleMissing."""
    demand(unit.principal, Role.WORKSHOP)
    return unit


async def lead(unit: StaffUnit) -> Unit:
    """A lead or an admin. Raises RoleMissing."""
    demand(unit.principal, *MANAGERS)
    return unit


async def admin(unit: StaffUnit) -> Unit:
    """An admin. Raises RoleMissing."""
    demand(unit.principal, Role.ADMIN)
    return unit


async def receiver(unit: StaffUnit) -> Unit:
    """Somebody who takes devices in: workshop or lending desk. Raises RoleMissing."""
    demand(unit.principal, Role.WORKSHOP, Role.LENDING)
    return unit


WorkshopUnit = Annotated[Unit, Depends(workshop, scope="function")]
LeadUnit = Annotated[Unit, Depends(lead, scope="function")]
AdminUnit = Annotated[Unit, Depends(admin, scope="function")]
ReceiverUnit = Annotated[Unit, Depends(receiver, scope="function")]


async def raw_body(request: Request) -> bytes:
    """The body as it came; its digest is part of the signature."""
    return await request.body()


def bench(request: Request, session: SessionDep, settings: SettingsDep, body: Annotated[bytes, Depends(raw_body)]) -> BenchCall:
    """The bench that signed this request. Raises what `signatures` raises."""
    claim = claim_of(request.headers)
    key = resolver_of(request).bench_key(session, claim.key_id)
    if key is None:
        raise BenchUnknown(key_id=claim.key_id)
    message = Received(request.method, settings.public_url + _raw_target(request), request.headers)
    verify(message, body, claim, public_from_text(key.public_key), datetime.now(UTC))
    if key.revoked:
        raise BenchRevoked
    act_for(session, key.organisation_id)
    resolver_of(request).bench_seen(session, key.bench_id)
    actor = Actor(ActorKind.BENCH, key.bench_id)
    return BenchCall(session, Principal(key.organisation_id, actor, frozenset({Role.BENCH}), "bench"), key)


def _raw_target(request: Request) -> str:
    """Path and query as they were sent; Starlette's `request.url` encodes them anew."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return path.split(b"?", 1)[0].decode("ascii") + (f"?{query.decode('ascii')}" if query else "")


BenchUnit = Annotated[BenchCall, Depends(bench, scope="function")]
BENCH: Final = (SignatureMissing, BenchUnknown, BenchRevoked, SignatureInvalid, ClockSkew)
"""What a handler for benches can answer before it begins; STAFF likewise: `problems(*STAFF, …)`."""
STAFF: Final = (Unauthenticated, RoleMissing, TokenWrong, *GATES, *TOKENS)
