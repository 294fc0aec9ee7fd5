"""What the API shows of a device's condition, and takes of a check-list."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from fleet.checks.rules import Finding, Grade, Lacking, Suggestion
from fleet.checks.service import Condition, answers_of
from fleet.contract.hardware import CheckAnswer, CheckItem, HardwareReport


class ReasonOut(BaseModel):
    """A finding and the best grade that it allows."""

    model_config = ConfigDict(from_attributes=True)

    finding: Finding
    at_best: Grade
    about: str


class SuggestionOut(BaseModel):
    """The suggested grade; `lacking` says why there is none."""

    grade: Grade | None
    reasons: list[ReasonOut]
    lacking: list[Lacking]

    @classmethod
    def of(cls, suggestion: Suggestion) -> "SuggestionOut":
        """From the decision."""
        reasons = [ReasonOut.model_validate(reason) for reason in suggestion.reasons]
        return cls(grade=suggestion.grade, reasons=reasons, lacking=list(suggestion.lacking))


class ConditionOut(BaseModel):
    """A device's newest hardware report and check-list, and the grade that they suggest."""

    suggestion: SuggestionOut
    report: HardwareReport | None
    answers: dict[CheckItem, CheckAnswer] | None
    checked_at: datetime | None

    @classmethod
    def of(cls, found: Condition) -> "ConditionOut":
        """From what the service found."""
        return cls(
            suggestion=SuggestionOut.of(found.suggestion),
            report=found.report,
            answers=answers_of(found.checked),
            checked_at=found.checked.made_at if found.checked else None,
        )


class ChecksIn(BaseModel):
    """The answers of a check-list."""

    model_config = ConfigDict(extra="forbid")

    answers: dict[CheckItem, CheckAnswer] = Field(min_length=1, examples=[{"ports": "good", "electrical_safety": "good"}])
    note: str = Field(default="", max_length=2000)
