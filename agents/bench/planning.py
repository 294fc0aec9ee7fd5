"""Which plan a medium gets at this bench: what its organisation's policy asks, within what the bench is set to."""

from collections.abc import Mapping
from typing import Final

from agents.config import BenchConfig
from agents.identify.identity import Identity
from agents.journal import profile
from agents.journal.db import FILE_NAME, Journal
from agents.wipe.plan import WipePlan, plan
from fleet.contract.kinds import Method
from fleet.contract.policy import WipePolicy

SECOND_PERSON: Final = "another person confirms the result at the service"


def plan_for(config: BenchConfig, policy: WipePolicy, identity: Identity, method: Method | None = None) -> WipePlan:
    """The plan for a medium: by the method that the operator asks for, else by the strongest one that this bench may use.

    Raises Refused where that cannot be done, or would not be enough for the policy: each says what to do.
    """
    if method is None and not config.firmware:
        method = config.method
    return plan(identity, policy=policy.of(identity.storage.media), method=method, overwrite=config.method)


def shown(wanted: WipePlan, policy: WipePolicy) -> Mapping[str, str]:
    """A plan in words, with what the policy asks of people afterwards."""
    words = wanted.to_dict()
    return words | {"second_person": SECOND_PERSON} if policy.of(wanted.storage.media).second_person else words


def known_policy(config: BenchConfig) -> WipePolicy:
    """The policy that this bench was told last; a bench that is not enrolled knows none. Raises JournalBroken and its kin."""
    if not (config.state_dir / FILE_NAME).exists():
        return WipePolicy()
    with Journal(config.state_dir) as journal, journal.transaction(durable=False) as tx:
        enrolment = profile.find(tx)
    return WipePolicy() if enrolment is None else enrolment.profile.wipe_policy
