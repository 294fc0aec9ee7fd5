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


def effective(roles: frozenset[Role]) -> frozenset[Role]:
    """Roles with those that they imply."""
    return roles.union(*(IMPLIED.get(role, frozenset()) for role in roles))


class ActorKind(StrEnum):
    """Who can cause an event."""

    ACCOUNT = "account"
    BENCH = "bench"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who did it, by pseudonym: an id, never a name (anonymising a person must leave the chain valid)."""

    kind: ActorKind
    id: UUID | None = None
    operator: UUID | None = None
    """The account that worked at the bench, when a bench acted."""


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
