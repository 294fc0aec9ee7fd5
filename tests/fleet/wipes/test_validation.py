"""Each ground on which a proven sanitization is not adequate, and what is adequate without a policy."""

from typing import Any

import pytest

from fleet.contract.certificate import Certificate
from fleet.contract.kinds import Adequacy, HiddenAreas, Level, MediaType, Method
from fleet.contract.policy import STRICT, MediumPolicy, WipePolicy, highest_level, methods_for, reaches
from fleet.wipes.validation import Ground, validate
from tests.fleet.wipes.samples import by_firmware, medium, overwritten

NVME = MediaType.NVME


def policy(media: MediaType = NVME, **rule: Any) -> WipePolicy:
    return WipePolicy(version=4, media={media: MediumPolicy(**rule)})


@pytest.mark.parametrize("document", [overwritten(), by_firmware()], ids=["overwrite", "firmware"])
def test_without_a_policy_whatever_is_proven_is_adequate(document: Certificate) -> None:
    found = validate(document, WipePolicy())
    assert (found.adequacy, found.grounds, found.policy_version) == (Adequacy.ADEQUATE, (), 0)


@pytest.mark.parametrize(
    ("document", "rule", "ground"),
    [
        (by_firmware(), {"destroy": True}, Ground.MUST_BE_DESTROYED),
        (overwritten(medium(NVME)), {"minimum": Level.PURGE}, Ground.LEVEL_TOO_LOW),
        (by_firmware(), {"methods": (Method.NVME_SANITIZE_CRYPTO,)}, Ground.METHOD_NOT_ALLOWED),
        (overwritten(medium(NVME), level=Level.PURGE), {}, Ground.LEVEL_NOT_REACHED),
        (by_firmware(medium(NVME, bridge="152d:0583")), {}, Ground.FIRMWARE_THROUGH_BRIDGE),
        (overwritten(medium(NVME), hidden_areas=HiddenAreas.PRESENT), {}, Ground.HIDDEN_AREA_LEFT),
    ],
)
def test_each_ground_alone_makes_it_inadequate(document: Certificate, rule: dict[str, Any], ground: Ground) -> None:
    found = validate(document, policy(**rule))
    assert (found.adequacy, found.grounds, found.policy_version) == (Adequacy.INADEQUATE, (ground,), 4)


def test_every_ground_is_named_not_the_first_alone() -> None:
    document = overwritten(medium(NVME), level=Level.PURGE, hidden_areas=HiddenAreas.PRESENT)
    found = validate(document, policy(methods=(Method.NVME_SANITIZE_BLOCK,)))
    assert set(found.grounds) == {Ground.LEVEL_NOT_REACHED, Ground.HIDDEN_AREA_LEFT, Ground.METHOD_NOT_ALLOWED}


def test_a_second_person_is_waited_for_where_all_else_is_adequate() -> None:
    assert validate(by_firmware(), policy(second_person=True)).adequacy is Adequacy.AWAITS_SECOND_PERSON


def test_a_second_person_does_not_make_good_what_is_too_weak() -> None:
    rule = policy(second_person=True, minimum=Level.PURGE)
    assert validate(overwritten(medium(NVME)), rule).adequacy is Adequacy.INADEQUATE


def test_a_rule_holds_for_its_own_medium_only() -> None:
    assert validate(overwritten(), policy(destroy=True)).adequacy is Adequacy.ADEQUATE


def test_firmware_reaches_hidden_areas_by_itself() -> None:
    document = by_firmware(hidden_areas=HiddenAreas.PRESENT)
    assert validate(document, WipePolicy()).adequacy is Adequacy.ADEQUATE


@pytest.mark.parametrize("media", MediaType)
def test_the_strict_rules_can_be_met_on_every_medium(media: MediaType) -> None:
    assert STRICT.get(media, MediumPolicy()).possible(media)


def test_a_rule_that_nothing_can_meet_is_known_as_such() -> None:
    assert not MediumPolicy(minimum=Level.PURGE).possible(MediaType.SD)
    assert not MediumPolicy(minimum=Level.PURGE, methods=(Method.OVERWRITE_ZEROS,)).possible(MediaType.HDD)
    assert MediumPolicy(minimum=Level.PURGE, destroy=True).possible(MediaType.SD)


def test_levels_are_ordered_and_no_wiping_destroys() -> None:
    assert reaches(Level.PURGE, Level.CLEAR)
    assert not reaches(Level.CLEAR, Level.PURGE)
    assert {highest_level(method) for method in Method} == {Level.CLEAR, Level.PURGE}


def test_firmware_is_never_told_anything_through_a_bridge() -> None:
    assert all(method.by_host for method in methods_for(MediaType.USB_BRIDGE))
