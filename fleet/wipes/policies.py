"""An organisation's wipe policy: read, set, and its earlier versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import ActorKind, Principal, Role, demand
from fleet.contract.canonical import canonical
from fleet.contract.kinds import MediaType
from fleet.contract.policy import MediumPolicy, WipePolicy
from fleet.errors import N_, Invalid, Stale
from fleet.wipes import repository
from fleet.wipes.models import WipePolicyVersion

_DEFAULT: Final = MediumPolicy()


class PolicyImpossible(Invalid):
    """No sanitization could ever be adequate under this rule."""

    msgid = N_("For {media} none of the allowed methods reaches the level that you ask. Allow another method, or destroy it.")


class PolicyStale(Stale):
    """Someone else changed the policy first."""

    msgid = N_("Someone else changed the wipe policy in the meantime. Load the page again and check.")


@dataclass(frozen=True)
class Version:
    """A policy with who set it and when; nobody and never for the default."""

    policy: WipePolicy
    set_by: UUID | None = None
    set_at: datetime | None = None


def current(session: Session, organisation_id: UUID) -> WipePolicy:
    """The policy that counts; version 0 with default rules when none was set."""
    return newest(session, organisation_id).policy


def newest(session: Session, organisation_id: UUID) -> Version:
    """The policy that counts, and who set it."""
    row = repository.policy(session, organisation_id)
    return _version(row) if row else Version(WipePolicy())


def history(session: Session, organisation_id: UUID) -> Sequence[Version]:
    """Every version, the newest first; at most 100."""
    return [_version(row) for row in repository.policies(session, organisation_id)]


def set_policy(
    session: Session, principal: Principal, media: Mapping[MediaType, MediumPolicy], *, expected_version: int | None = None
) -> Version:
    """Add a version; the same rules again add none. `expected_version` is the one that the caller looked at.

    Raises RoleMissing, PolicyStale, PolicyImpossible.
    """
    demand(principal, Role.ADMIN)
    audit.lock(session, principal.organisation_id)
    before = newest(session, principal.organisation_id)
    if expected_version is not None and expected_version != before.policy.version:
        raise PolicyStale
    wanted = {kind: rule for kind, rule in media.items() if rule != _DEFAULT}
    for kind, rule in wanted.items():
        if not rule.possible(kind):
            raise PolicyImpossible(media=kind.value, field=f"minimum_{kind.value}")
    if wanted == before.policy.media:
        return before
    return _add(session, principal, WipePolicy(version=before.policy.version + 1, media=wanted))


def _add(session: Session, principal: Principal, policy: WipePolicy) -> Version:
    actor = principal.actor
    row = WipePolicyVersion(
        organisation_id=principal.organisation_id,
        version=policy.version,
        document=canonical(policy),
        set_by=actor.id if actor.kind is ActorKind.ACCOUNT else None,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=EventType.WIPE_POLICY_SET,
        actor=actor,
        data=policy.model_dump(mode="json"),
    )
    return _version(row)


def _version(row: WipePolicyVersion) -> Version:
    return Version(WipePolicy.model_validate_json(row.document), row.set_by, row.set_at)
