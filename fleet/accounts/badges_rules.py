"""What a PIN may be, and what happens after wrong ones. Pure."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from fleet.errors import N_, Invalid

PIN_DIGITS: Final = 6
TRIES_HERE: Final = 5
"""Wrong PINs after which a badge must wait on one workstation."""
WAIT: Final = timedelta(minutes=15)
TRIES_IN_ALL: Final = 10
"""Wrong PINs since the last right one, on whichever workstation, after which the badge waits for a person."""
_FEWEST_DIFFERENT: Final = 3
_PIN: Final = re.compile(rf"[0-9]{{{PIN_DIGITS}}}")


class PinFormWrong(Invalid):
    """A PIN is six digits, nothing else."""

    msgid = N_("A PIN has {digits} digits.")


class PinTooEasy(Invalid):
    """What a thief tries first."""

    msgid = N_("This PIN is too easy to guess. Choose digits that do not repeat and are not in a row.")


class PinsDiffer(Invalid):
    """Typed twice because nobody sees what was typed."""

    msgid = N_("The two PINs are not the same. Type both again.")


def check_pin(login: str, pin: str, again: str) -> None:
    """Raises PinFormWrong, PinsDiffer, PinTooEasy."""
    if not _PIN.fullmatch(pin):
        raise PinFormWrong(digits=PIN_DIGITS, field="pin")
    if pin != again:
        raise PinsDiffer(field="again")
    if _easy(pin) or pin in "".join(filter(str.isdecimal, login)):
        raise PinTooEasy(field="pin")


def _easy(pin: str) -> bool:
    """Few different digits (000000, 121212), a part twice (123123), or one step all the way (123456, 987654)."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    halves = pin[: PIN_DIGITS // 2] == pin[PIN_DIGITS // 2 :]
    return len(set(pin)) < _FEWEST_DIFFERENT or halves or steps in ({1}, {9})


@dataclass(frozen=True)
class Tries:
    """Wrong PINs of a badge: on one workstation, since when, and in all."""

    here: int
    at: datetime
    in_all: int

    def wait_s(self, now: datetime) -> int:
        """Whole seconds until the next try is allowed on this workstation; 0: now."""
        left = (self.at + WAIT - now).total_seconds()
        return math.ceil(left) if self.here >= TRIES_HERE and left > 0 else 0

    @property
    def stopped(self) -> bool:
        """Whether the badge waits for an admin, or for its holder to sign in in another way."""
        return self.in_all >= TRIES_IN_ALL

    def another(self, now: datetime) -> "Tries":
        """With one more; those on this workstation are forgotten after the waiting time."""
        here = 0 if now - self.at >= WAIT else self.here
        return Tries(here + 1, now, self.in_all + 1)

    @property
    def left(self) -> int:
        """How many tries remain on this workstation."""
        return max(0, min(TRIES_HERE - self.here, TRIES_IN_ALL - self.in_all))
