"""Every value that people can meet has its words, its icon and its tone."""

from collections.abc import Collection, Mapping
from enum import StrEnum

import pytest

from fleet.auth.rules import Role
from fleet.checks.rules import Finding, Grade, Lacking
from fleet.contract import kinds
from fleet.contract.hardware import CheckAnswer, CheckItem
from fleet.desk.advice import NEXT
from fleet.desk.evidence import _TERMS, lines
from fleet.destruction.pages import STANDINGS
from fleet.destruction.rules import Standing
from fleet.devices import evidence as ev
from fleet.devices.evidence import EvidenceType
from fleet.devices.gates import Gate
from fleet.devices.models import IdentifierKind
from fleet.devices.states import ENDS, Origin, State, Step
from fleet.donations.pages import CUSTODY, DONORS, STATUSES
from fleet.donations.rules import Custody, DonationStatus, DonorKind
from fleet.drives.pages import GROUPS, HEALTH
from fleet.drives.rules import TrayGroup
from fleet.drives.tray import Health
from fleet.tasks.rules import TaskKind
from fleet.ui import icons, words, words_checks, words_steps
from fleet.ui.icons import UnknownIconError, icon
from fleet.ui.words import Tone, Word
from fleet.wipes.rules import Doubt
from fleet.wipes.validation import Ground

PAIRS: list[tuple[type[StrEnum], Mapping[str, object]]] = [
    (State, words.STATES),
    (kinds.DeviceKind, words.KINDS),
    (kinds.MediaType, words.MEDIA),
    (kinds.VisualResult, words.VISUALS),
    (kinds.Verdict, words.VERDICTS),
    (kinds.QuarantineReason, words.QUARANTINE_REASONS),
    (Role, words.ROLES),
    (Origin, words.ORIGINS),
    (IdentifierKind, words.IDENTIFIERS),
    (Step, words_steps.STEPS),
    (EvidenceType, words_steps.EVIDENCE),
    (Gate, words_steps.GATES),
    (TaskKind, words_steps.TASKS),
    (Doubt, words_steps.DOUBTS),
    (kinds.DestructionMethod, words.DESTRUCTIONS),
    (Standing, STANDINGS),
    (TrayGroup, GROUPS),
    (Health, HEALTH),
    (kinds.Adequacy, words.ADEQUACIES),
    (Ground, words.GROUNDS),
    (Custody, CUSTODY),
    (DonationStatus, STATUSES),
    (DonorKind, DONORS),
    (CheckItem, words_checks.ITEMS),
    (CheckItem, words_checks.ITEM_NAMES),
    (CheckAnswer, words_checks.ANSWERS),
    (Finding, words_checks.FINDINGS),
    (Lacking, words_checks.LACKING),
    (Grade, words_checks.GRADES),
]


@pytest.mark.parametrize(("enum", "table"), PAIRS, ids=lambda value: value.__name__ if isinstance(value, type) else "")
def test_words_and_values_are_the_same(enum: type[StrEnum], table: Mapping[str, object]) -> None:
    assert set(table) == {member.value for member in enum}


@pytest.mark.parametrize(
    "enum", [kinds.Level, kinds.Method, kinds.VerificationMethod, kinds.HiddenAreas, kinds.IoMode, kinds.Completion]
)
def test_what_a_certificate_names_has_words(enum: type[StrEnum]) -> None:
    assert {member.value for member in enum} <= set(words.METHODS)


def every_word() -> Collection[Word]:
    tables = [table.values() for _, table in PAIRS]
    return [word for table in tables for word in table if isinstance(word, Word)]


def test_every_word_has_an_icon_that_exists() -> None:
    for word in every_word():
        assert word.icon in icons.PATHS


def test_states_that_press_look_different_without_colour() -> None:
    pressing = [word for word in words.STATES.values() if word.tone in {Tone.WARN, Tone.BAD}]
    assert len({word.icon for word in pressing}) == len(pressing)


def test_every_state_that_is_no_end_says_what_comes_next() -> None:
    silent = {State.RESERVED, State.ON_LOAN, State.DEPLOYED_FIXED, State.STRIPPED}
    assert set(NEXT) == set(State) - ENDS - silent


def test_an_unknown_icon_is_refused() -> None:
    with pytest.raises(UnknownIconError):
        icon("nothing-like-it")


def test_an_icon_is_silent_unless_it_is_named() -> None:
    assert 'aria-hidden="true"' in icon("laptop")
    assert 'aria-label="&lt;b&gt;"' in icon("laptop", label="<b>")


def test_evidence_shows_every_field_that_is_no_id() -> None:
    hidden = {
        "type",
        "batch_id",
        "site_id",
        "second_person",
        "witness",
        "operator",
        "tester",
        "device_id",
        "list_id",
        "report_id",
    }
    shapes = [shape for shape in vars(ev).values() if isinstance(shape, type) and "type" in getattr(shape, "model_fields", {})]
    fields = {name for shape in shapes for name in shape.model_fields}
    assert fields - hidden <= set(_TERMS)


def test_evidence_is_shown_in_words() -> None:
    shown = lines({"type": "visual", "result": "good", "defects": [], "weight_g": 1650, "eea_category": None})
    assert [(line.term, line.values) for line in shown] == [("How it looks", ("Good",)), ("Weight", (1650,))]
