"""What is set on the screen beside its ports: who works, what the device looks like, what is looked at, the last answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agents.shell.clock import monotonic
from fleet.contract.kinds import VisualResult

VISUAL_S: Final = 180.0
"""How long a choice of "damaged" or "scrap" waits for its scan: a device looked at before the break is looked at again."""
ANSWER_S: Final = 8.0
VIEW_S: Final = 120.0
"""How long help, settings or one large tile stay in front of the others."""


class Panel(StrEnum):
    """What stands in front of the tiles."""

    HELP = "help"
    SETTINGS = "settings"
    LEAD = "lead"


@dataclass(frozen=True)
class Reply:
    """The answer to a scan or a touch: whether it went well, in which phrase, and at which port.

    `number` grows with each one, so that a page plays its sound once. `speak`: read aloud what is in front.
    """

    good: bool
    phrase: str
    fields: Mapping[str, str] = field(default_factory=dict)
    port: str | None = None
    number: int = 0


class Desk:
    """Guarded by whoever holds it; `clock` gives seconds, `badge_s` how long a badge counts after its last use."""

    def __init__(self, badge_s: float, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._badge_s = clock, badge_s
        self._operator: tuple[str, float] | None = None
        self._visual = (VisualResult.GOOD, 0.0)
        self._view: tuple[Panel | None, str | None, float] = (None, None, 0.0)
        self._reply: tuple[Reply, float] | None = None
        self._replies = 0
        self.spoken = 0
        self.printed = 0
        self.sounded = 0

    @property
    def operator(self) -> str | None:
        """Who scanned a badge, unless that is too long ago."""
        return self._operator[0] if self._operator is not None and self._clock() < self._operator[1] else None

    def sign_in(self, operator: str) -> None:
        """A badge was scanned."""
        self._operator = (operator, self._clock() + self._badge_s)

    def stay(self) -> None:
        """Who works goes on working."""
        if self.operator is not None:
            self.sign_in(self.operator)

    def sign_off(self) -> None:
        """Nobody in particular works here."""
        self._operator = None

    @property
    def visual(self) -> VisualResult:
        """What the next device looks like."""
        chosen, until = self._visual
        return chosen if self._clock() < until else VisualResult.GOOD

    def judge(self, visual: VisualResult) -> None:
        """Choose what the next device looks like."""
        self._visual = (visual, self._clock() + VISUAL_S)

    def judged(self) -> None:
        """The choice was used for its device."""
        self._visual = (VisualResult.GOOD, 0.0)

    @property
    def panel(self) -> Panel | None:
        """What stands in front."""
        return self._view[0] if self._clock() < self._view[2] else None

    @property
    def focus(self) -> str | None:
        """The port whose tile is large."""
        return self._view[1] if self._clock() < self._view[2] else None

    def open(self, panel: Panel | None, focus: str | None) -> None:
        """Put a panel or one port in front; both None: all ports again."""
        self._view = (panel, focus, self._clock() + VIEW_S)

    @property
    def reply(self) -> Reply | None:
        """The last answer, while it is shown."""
        return self._reply[0] if self._reply is not None and self._clock() < self._reply[1] else None

    @property
    def replies(self) -> int:
        """How many answers there were."""
        return self._replies

    def tell(self, *, good: bool, phrase: str, port: str | None = None, **fields: str) -> Reply:
        """Show an answer."""
        self._replies += 1
        reply = Reply(good, phrase, fields, port, self._replies)
        self._reply = (reply, self._clock() + ANSWER_S)
        return reply

    def hush(self) -> bool:
        """Take the answer away; True when there was one."""
        shown, self._reply = self.reply is not None, None
        return shown
