"""Steps that need a few words or one choice: one page for all of them, each described as data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fleet.contract.kinds import QuarantineReason
from fleet.devices import evidence as ev
from fleet.devices.states import Step
from fleet.errors import N_, Invalid
from fleet.ui import words


class TextMissing(Invalid):
    """Somebody must be able to read later why this was done."""

    msgid = N_("Write in a few words why.")


class ChoiceMissing(Invalid):
    """One of the options must be chosen."""

    msgid = N_("Choose one of the options.")


@dataclass(frozen=True)
class Answers:
    """What the page asks: a choice (empty where there is none) and a text."""

    choice: str
    text: str


@dataclass(frozen=True)
class Asking:
    """A step's page: its title, button and questions, and the evidence that the answers make."""

    title: str
    question: str
    evidence: Callable[[Answers], Sequence[ev.AnyEvidence]]
    options: Mapping[str, str] | None = None
    text_required: bool = True
    serious: bool = False

    def given(self, choice: str, text: str) -> Sequence[ev.AnyEvidence]:
        """The evidence. Raises TextMissing, ChoiceMissing."""
        if self.options is not None and choice not in self.options:
            raise ChoiceMissing(field="choice")
        if self.text_required and not text:
            raise TextMissing(field="text")
        return self.evidence(Answers(choice, text))


def _repaired(answers: Answers) -> Sequence[ev.AnyEvidence]:
    return [ev.RepairOutcome.model_validate({"outcome": answers.choice, "note": answers.text})]


def _apart(answers: Answers) -> Sequence[ev.AnyEvidence]:
    return [ev.QuarantineWhy(reason=QuarantineReason(answers.choice), detail=answers.text)]


def _order(answers: Answers) -> Sequence[ev.AnyEvidence]:
    return [ev.WorkOrder(fault=answers.text)]


def _why(answers: Answers) -> Sequence[ev.AnyEvidence]:
    return [ev.Reason(text=answers.text)]


ASKED: Final[Mapping[Step, Asking]] = {
    Step.QUARANTINE: Asking(N_("Set it apart"), N_("What is going on?"), _apart, words.QUARANTINE_REASONS, text_required=False),
    Step.CLEAR_QUARANTINE: Asking(
        N_("No longer set apart"), N_("What took the reason away?"), lambda answers: [ev.ReasonCleared(text=answers.text)]
    ),
    Step.OPEN_REPAIR: Asking(N_("Send to repair"), N_("What is wrong with it?"), _order),
    Step.AWAIT_PARTS: Asking(N_("Wait for parts"), N_("Which parts?"), _order),
    Step.PARTS_ARRIVED: Asking(N_("Parts arrived"), N_("Which parts?"), _order),
    Step.CLOSE_REPAIR: Asking(N_("Repair finished"), N_("What was done?"), _repaired, words.OUTCOMES, text_required=False),
    Step.CLOSE_REPAIR_STILL_WIPED: Asking(
        N_("Repair finished, storage untouched"), N_("What was done?"), _repaired, words.OUTCOMES, text_required=False
    ),
    Step.ACCEPT_PROOF: Asking(
        N_("Still proven wiped"),
        N_("Anything to add?"),
        lambda answers: [ev.Reason(text=answers.text)] if answers.text else [],
        text_required=False,
    ),
    Step.STAGE_RECYCLING: Asking(N_("To recycling"), N_("Why?"), _why, serious=True),
    Step.UNSTAGE_RECYCLING: Asking(N_("Keep from recycling"), N_("Why?"), _why),
    Step.REPORT_LOST: Asking(
        N_("Report lost or stolen"),
        N_("What happened, when and where?"),
        lambda answers: [ev.LossStatement(text=answers.text)],
        serious=True,
    ),
    Step.FIND: Asking(
        N_("Found again"), N_("Where was it, and who found it?"), lambda answers: [ev.FoundReport(text=answers.text)]
    ),
}
