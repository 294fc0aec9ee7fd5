"""How an interrupted firmware job goes on: a table. Nothing destructive is ever sent twice without knowing.

| the newest step that was kept | what the drive says now | course |
|---|---|---|
| issued: canaries were being planted, nothing was told | (not asked) | plant anew, then tell |
| prepared: the firmware may have been told, or not | running | wait for its end, then look |
| prepared | anything else, or it is not asked | look |
| polling: every command was accepted, the end is polled | (not asked yet) | go on polling |
| polling: every command was accepted, its exit code was the end | (not asked) | verify |
| verifying: the end was learnt | (not asked) | verify |

To look is to read the samples without being able to certify: no exit code is known. What is still there proves a failure;
otherwise the verdict is unknown, and the operator decides on a new wipe.
"""

from enum import StrEnum

from agents.wipe.completion.status import State
from agents.wipe.result import Reached


class Course(StrEnum):
    """What a job that is taken up does next."""

    BEGIN = "begin"
    POLL = "poll"
    VERIFY = "verify"
    POLL_AND_LOOK = "poll_and_look"
    LOOK = "look"


def course_of(reached: Reached, *, polled: bool, now: State | None) -> Course:
    """The table above. `polled`: the end is learnt by asking; `now`: what the drive says, None when it was not asked."""
    match reached:
        case Reached.ISSUED:
            return Course.BEGIN
        case Reached.PREPARED:
            return Course.POLL_AND_LOOK if polled and now is State.RUNNING else Course.LOOK
        case Reached.POLLING:
            return Course.POLL if polled else Course.VERIFY
        case Reached.VERIFYING:
            return Course.VERIFY
