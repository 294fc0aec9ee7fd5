"""Validation: whether a proven sanitization is enough for its organisation. A pure decision.

NIST SP 800-88 Rev. 2 keeps it apart from verification: a bench verifies that the technique completed, the service
validates that the outcome is adequate.
"""

from dataclasses import dataclass
from enum import StrEnum

from fleet.contract.certificate import Certificate
from fleet.contract.kinds import Adequacy, HiddenAreas
from fleet.contract.policy import MediumPolicy, WipePolicy, highest_level, reaches


class Ground(StrEnum):
    """Why a sanitization is not adequate, or not yet."""

    MUST_BE_DESTROYED = "must_be_destroyed"
    LEVEL_TOO_LOW = "level_too_low"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    LEVEL_NOT_REACHED = "level_not_reached"
    FIRMWARE_THROUGH_BRIDGE = "firmware_through_bridge"
    HIDDEN_AREA_LEFT = "hidden_area_left"
    SECOND_PERSON = "second_person"
    DECLINED = "declined"


@dataclass(frozen=True)
class Validation:
    """The verdict, its grounds, and the version of the policy that it rests on."""

    adequacy: Adequacy
    grounds: tuple[Ground, ...]
    policy_version: int


def validate(certificate: Certificate, policy: WipePolicy) -> Validation:
    """Hold a complete, signed certificate against a policy. All grounds are named, not the first alone."""
    rule = policy.of(certificate.storage.media)
    against = (*_against_itself(certificate), *_against_rule(certificate, rule))
    if against:
        return Validation(Adequacy.INADEQUATE, against, policy.version)
    if rule.second_person:
        return Validation(Adequacy.AWAITS_SECOND_PERSON, (Ground.SECOND_PERSON,), policy.version)
    return Validation(Adequacy.ADEQUATE, (), policy.version)


def _against_itself(certificate: Certificate) -> tuple[Ground, ...]:
    """What no policy can make good: a level that the technique cannot give, firmware behind a bridge, sectors left out."""
    done, medium = certificate.sanitization, certificate.storage
    doubts = {
        Ground.LEVEL_NOT_REACHED: not reaches(highest_level(done.method), done.level),
        Ground.FIRMWARE_THROUGH_BRIDGE: medium.bridge is not None and not done.method.by_host,
        Ground.HIDDEN_AREA_LEFT: done.method.by_host and done.hidden_areas is HiddenAreas.PRESENT,
    }
    return tuple(ground for ground, holds in doubts.items() if holds)


def _against_rule(certificate: Certificate, rule: MediumPolicy) -> tuple[Ground, ...]:
    done = certificate.sanitization
    if rule.destroy:
        return (Ground.MUST_BE_DESTROYED,)
    doubts = {
        Ground.LEVEL_TOO_LOW: not reaches(done.level, rule.minimum),
        Ground.METHOD_NOT_ALLOWED: bool(rule.methods) and done.method not in rule.methods,
    }
    return tuple(ground for ground, holds in doubts.items() if holds)
