"""What others changed meanwhile, in sentences: a `Stale` error carries it as `changes` (at, who, step, to)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import HTTPConnection

from fleet.errors import N_, FleetError
from fleet.ui import words, words_steps
from fleet.web.formats import Formats
from fleet.web.rendering import gettext, language_of

_STEP = N_("{when}, {who}: {step} (now: {state})")
_OTHER = N_("{when}, {who}: something was noted")
_MACHINE = N_("a bench or the service")


def change_lines(connection: HTTPConnection, error: FleetError) -> Sequence[str]:
    """One line a change, the oldest first; none when the error tells of none."""
    changes = error.data.get("changes")
    return [_line(connection, change) for change in changes] if isinstance(changes, list) else ()


def _line(connection: HTTPConnection, change: Mapping[str, Any]) -> str:
    step = words_steps.STEPS.get(str(change["step"]))
    state = words.STATES.get(str(change["to"]))
    return gettext(connection, _STEP if step and state else _OTHER).format(
        when=Formats(language_of(connection)).plain_moment(datetime.fromisoformat(change["at"])),
        who=change["who"] or gettext(connection, _MACHINE),
        step=gettext(connection, step.text) if step else "",
        state=gettext(connection, state.text) if state else "",
    )
