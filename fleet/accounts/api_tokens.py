"""API tokens: for programs that act for an organisation, with fewer rights than the admin who made them, and for a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel import Session

from fleet.accounts import api_tokens_repository as repository
from fleet.accounts.api_tokens_models import ApiToken
from fleet.accounts.api_tokens_rules import DEFAULT_DAYS, is_api_token, new_api_token, token_name, token_scopes, validity
from fleet.accounts.repository import places_of
from fleet.accounts.tokens import token_hash
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.bearer import NotForTokens
from fleet.auth.pace import Pace
from fleet.auth.rules import Actor, ActorKind, Principal, Role, Scope, demand
from fleet.db.columns import utc_now
from fleet.db.keyset import DEFAULT_PAGE, Page
from fleet.db.session import act_for
from fleet.errors import N_, NotFound

_pace: Final = Pace()


class ApiTokenNotFound(NotFound):
    """No such token in this organisation."""

    msgid = N_("This API token does not exist, or it belongs to another organisation.")


@dataclass(frozen=True)
class Made:
    """A new token; `token` is shown once and kept nowhere."""

    row: ApiToken
    token: str


def create(session: Session, principal: Principal, name: str, scopes: Collection[Scope], *, days: int = DEFAULT_DAYS) -> Made:
    """Make a token. It acts in the roles that its maker holds at the time of each use, as far as the scopes lend them.

    Raises RoleMissing, TokenNameMissing, ScopesMissing, ValidityWrong.
    """
    demand(principal, Role.ADMIN)
    token, now = new_api_token(), utc_now()
    row = ApiToken(
        organisation_id=principal.organisation_id,
        name=token_name(name),
        scopes=token_scopes(scopes),
        token_hash=token_hash(token),
        made_by=principal.actor.id if principal.actor.kind is ActorKind.ACCOUNT else None,
        created_at=now,
        expires_at=now + validity(days),
    )
    session.add(row)
    session.flush()
    told = {"scopes": [scope.value for scope in row.scopes], "days": days}
    _record(session, principal.organisation_id, principal.actor, EventType.TOKEN_CREATED, row.id, told)
    return Made(row, token)


def page(session: Session, principal: Principal, *, limit: int = DEFAULT_PAGE, cursor: str | None = None) -> Page[ApiToken]:
    """The organisation's tokens, the newest first, ended ones included. Raises RoleMissing, CursorInvalid."""
    demand(principal, Role.ADMIN)
    return repository.page(session, principal.organisation_id, limit, cursor)


def revoke(session: Session, principal: Principal, token_id: UUID) -> ApiToken:
    """From now on the token opens nothing. Raises RoleMissing, ApiTokenNotFound; twice is once."""
    demand(principal, Role.ADMIN)
    row = repository.locked(session, principal.organisation_id, token_id)
    if row is None:
        raise ApiTokenNotFound
    if row.revoked_at is None:
        row.revoked_at = utc_now()
        session.add(row)
        _record(session, principal.organisation_id, principal.actor, EventType.TOKEN_REVOKED, row.id)
    return row


def end_of(session: Session, principal: Principal, account_id: UUID) -> None:
    """Somebody was kept out: the tokens that this account made here end for good."""
    for token_id in repository.end_of(session, principal.organisation_id, account_id, utc_now()):
        told = {"account": str(account_id)}
        _record(session, principal.organisation_id, principal.actor, EventType.TOKEN_REVOKED, token_id, told)


def keep_off_admins(
    session: Session, principal: Principal, *, roles: Collection[Role] = (), account_id: UUID | None = None
) -> None:
    """A token makes nobody admin and opens no admin's account, or what it did would outlive it. Raises NotForTokens."""
    if principal.scopes is None:
        return
    held = [place.roles for place in places_of(session, account_id)] if account_id else []
    if Role.ADMIN in frozenset(roles).union(*held):
        raise NotForTokens


def holder(session: Session, token: str) -> Principal | None:
    """Who acts with a token, if it is valid now; its use is noted. From here the session acts for the token's organisation.

    A token that was made by the command line acts in every role, within its scopes. Raises TooMany.
    """
    found = repository.by_hash(session, token_hash(token)) if is_api_token(token) else None
    if found is None:
        return None
    _pace.count(found.token_id)
    act_for(session, found.organisation_id)
    repository.used(session, found.token_id, utc_now())
    return Principal(
        organisation_id=found.organisation_id,
        actor=Actor(ActorKind.TOKEN, found.token_id, operator=found.made_by),
        roles=found.roles,
        name=found.name,
        organisation_name=found.organisation_name,
        scopes=found.scopes,
    )


def _record(
    session: Session,
    organisation: UUID,
    actor: Actor,
    kind: EventType,
    token_id: UUID,
    told: Mapping[str, object] | None = None,
) -> None:
    data = {"token": str(token_id), **(told or {})}
    audit.record(session, organisation_id=organisation, type=kind, actor=actor, data=data)
