"""Roles, actors and principals: pure values."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from fleet.errors import N_, Forbidden


class Role(StrEnum):
    """What somebody may do in an organisation (field notes: A, W, L, S, M; auditors only read)."""

    BENCH = "bench"
    WORKSHOP = "workshop"
    LENDING = "lending"
    SOCIAL = "social"
    LEAD = "lead"
    ADMIN = "admin"
    AUDITOR = "auditor"


IMPLIED = {Role.LEAD: frozenset({Role.WORKSHOP})}
"""A workshop lead does what a workshop worker does."""
MANAGERS = frozenset({Role.LEAD, Role.ADMIN})
"""M in the lifecycle table."""
BADGE_ROLES = frozenset({Role.WORKSHOP, Role.LENDING, Role.SOCIAL})
"""What a badge and a PIN open at most: the work at a bench or a desk, never the administration."""


class SignInMeans(StrEnum):
    """How somebody proved who they are."""

    PASSWORD = "password"  # noqa: S105 - a name, not a password
    PASSKEY = "passkey"
    OIDC = "oidc"
    BADGE = "badge"


class Scope(StrEnum):
    """What an API token may be used for; `fleet.auth.scopes` says what each opens."""

    DEVICES_READ = "devices:read"
    DEVICES_WRITE = "devices:write"
    DONATIONS_READ = "donations:read"
    DONATIONS_WRITE = "donations:write"
    REPORTS_READ = "reports:read"
    ADMIN = "admin"


def effective(roles: frozenset[Role]) -> frozenset[Role]:
    """Roles with those that they imply."""
    return roles.union(*(IMPLIED.get(role, frozenset()) for role in roles))


def roles_by_means(roles: frozenset[Role], means: SignInMeans) -> frozenset[Role]:
    """The roles that a session has: those of the membership, but for a badge only what a badge opens."""
    return effective(roles) & BADGE_ROLES if means is SignInMeans.BADGE else roles


class ActorKind(StrEnum):
    """Who can cause an event."""

    ACCOUNT = "account"
    BENCH = "bench"
    TOKEN = "token"  # noqa: S105 - a kind, not a token
    """A program with an API token; its `operator` is the account that made the token."""
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who did it, by pseudonym: an id, never a name (anonymising a person must leave the chain valid)."""

    kind: ActorKind
    id: UUID | None = None
    operator: UUID | None = None
    """The account that worked at the bench, when a bench acted; that made the token, when a token did."""

    @property
    def person(self) -> UUID | None:
        """The account that answers for it, if there is one."""
        return self.id if self.kind is ActorKind.ACCOUNT else self.operator


SYSTEM = Actor(ActorKind.SYSTEM)


@dataclass(frozen=True)
class Principal:
    """A caller, proven: for whom they act and in which roles."""

    organisation_id: UUID
    actor: Actor
    roles: frozenset[Role]
    name: str
    organisation_name: str = ""
    language: str | None = None
    csrf_token: str | None = None
    session_id: UUID | None = None
    means: SignInMeans | None = None
    """How the session was opened; None for a caller without one."""
    workstation_id: UUID | None = None
    scopes: frozenset[Scope] | None = None
    """What an API token may be used for; None: no such bound."""
    must_change: bool = False
    """The password was chosen by somebody else and must be changed first."""

    def has(self, *roles: Role) -> bool:
        """Whether one of these roles is held, implied ones included."""
        return not effective(self.roles).isdisjoint(roles)


class RoleMissing(Forbidden):
    """The caller lacks the role that this asks for."""

    msgid = N_("This asks for the role {roles}. Ask your admin.")


def demand(principal: Principal, *roles: Role) -> None:
    """Raises RoleMissing unless one of these roles is held."""
    if not principal.has(*roles):
        raise RoleMissing(roles=", ".join(roles))
