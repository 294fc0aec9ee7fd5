"""A confirmed plan as text, and back: equal to what the operator confirmed, to the last argument."""

from typing import Final

from pydantic import TypeAdapter, ValidationError

from agents.errors import Refused
from agents.wipe.plan import WipePlan

_PLANS: Final = TypeAdapter(WipePlan)


class PlanUnreadable(Refused):
    """The plan in the journal cannot be read: another version of the agent wrote it. Wipe the device anew."""


def to_json(plan: WipePlan) -> str:
    """The whole plan."""
    return _PLANS.dump_json(plan).decode()


def from_json(text: str) -> WipePlan:
    """The plan that `to_json` was given. Raises PlanUnreadable."""
    try:
        return _PLANS.validate_json(text, strict=True)
    except ValidationError as error:
        raise PlanUnreadable(f"{PlanUnreadable.__doc__} ({error})") from error
