"""What a login and a password look like, and how long one must wait after wrong ones. Pure."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fleet.errors import N_, Invalid

LOGIN_PATTERN: Final = r"[a-z0-9][a-z0-9._@-]{1,63}"
MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 200
"""Hashing must stay cheap for what a stranger sends."""
FREE_FAILURES: Final = 5
"""Wrong passwords in a row before one must wait."""
FIRST_WAIT_S: Final = 5
LONGEST_WAIT_S: Final = 900
FORGIVEN_AFTER_S: Final = 600
"""In this time one wrong password is forgotten."""


class LoginInvalid(Invalid):
    """A login of a form that is not allowed."""

    msgid = N_("A login has 2 to 64 letters a-z, digits, dots, dashes, underscores or @, and begins with a letter or digit.")


class PasswordTooShort(Invalid):
    """Length is what makes a password strong."""

    msgid = N_("The password needs at least {minimum} characters. A few words in a row are easy to remember.")


class PasswordTooLong(Invalid):
    """A limit that no person meets."""

    msgid = N_("The password can have at most {maximum} characters.")


class PasswordIsLogin(Invalid):
    """The first guess of anybody."""

    msgid = N_("The password may not be the login. Choose another one.")


def is_login(text: str) -> bool:
    """Whether this is a login as it is stored."""
    return re.fullmatch(LOGIN_PATTERN, text) is not None


def login_of(text: str) -> str:
    """A login as it is stored: lower case. Raises LoginInvalid."""
    login = text.strip().lower()
    if not is_login(login):
        raise LoginInvalid
    return login


def check_password(login: str, password: str) -> None:
    """Raises PasswordTooShort, PasswordTooLong, PasswordIsLogin."""
    if password.strip().lower() == login.lower():
        raise PasswordIsLogin
    if len(password) < MIN_PASSWORD:
        raise PasswordTooShort(minimum=MIN_PASSWORD)
    if len(password) > MAX_PASSWORD:
        raise PasswordTooLong(maximum=MAX_PASSWORD)


@dataclass(frozen=True)
class Failures:
    """Wrong passwords from one address for one login: how many, some of them forgotten by now, and since when."""

    count: float
    at: datetime

    def remaining(self, now: datetime) -> float:
        """How many still count."""
        return max(0.0, self.count - (now - self.at).total_seconds() / FORGIVEN_AFTER_S)

    def wait_s(self, now: datetime) -> int:
        """Whole seconds until the next try is allowed; 0: now."""
        over = round(self.count) - FREE_FAILURES
        if over < 0:
            return 0
        wait = min(FIRST_WAIT_S * (1 << min(over, 10)), LONGEST_WAIT_S)
        return max(0, math.ceil(wait - (now - self.at).total_seconds()))

    def another(self, now: datetime) -> "Failures":
        """With one more."""
        return Failures(self.remaining(now) + 1, now)
