"""What a login and a password look like, and how long one must wait after wrong ones. Pure."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fleet.errors import N_, Invalid

LOGIN_PATTERN: Final = r"[a-z0-9][a-z0-9._@-]{1,63}"
EMAIL_PATTERN: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
"""What browsers take for one (HTML, "valid e-mail address")."""
MAX_EMAIL: Final = 254
MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 200
"""Hashing must stay cheap for what a stranger sends."""
FREE_FAILURES: Final = 5
"""Wrong passwords in a row before one must wait."""
LONGEST_WAIT_S: Final = 900
FORGIVEN_AFTER_S: Final = 600
"""In this time one wrong password is forgotten."""


@dataclass(frozen=True)
class Limit:
    """How many wrong passwords are free; the wait then doubles from the first to the longest; one is forgotten after a time."""

    free: int
    first_wait_s: int
    longest_wait_s: int
    forgiven_after_s: int


ONE_LOGIN: Final = Limit(FREE_FAILURES, 5, LONGEST_WAIT_S, FORGIVEN_AFTER_S)
"""One login from one network, or from one browser that knows it."""
ONE_NETWORK: Final = Limit(50, 5, LONGEST_WAIT_S, 60)
"""All logins from one network: a common password tried on many. A whole workshop may sit behind one address."""
ALL_NETWORKS: Final = Limit(30, 2, 60, 120)
"""One login from anywhere: slowed down, never closed."""


class LoginInvalid(Invalid):
    """A login of a form that is not allowed."""

    msgid = N_("A login has 2 to 64 letters a-z, digits, dots, dashes, underscores or @, and begins with a letter or digit.")


class EmailInvalid(Invalid):
    """Not a mail address."""

    msgid = N_("This is no mail address. An example: els@workshop.example")


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


def email_of(text: str) -> str | None:
    """A mail address of plain characters, so that nothing in it can become another header; None when empty.

    Raises EmailInvalid.
    """
    email = text.strip()
    if email and (len(email) > MAX_EMAIL or not re.fullmatch(EMAIL_PATTERN, email)):
        raise EmailInvalid(field="email")
    return email or None


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
    """Wrong passwords under one count: how many, some of them forgotten by now, and since when."""

    count: float
    at: datetime

    def remaining(self, now: datetime, limit: Limit = ONE_LOGIN) -> float:
        """How many still count."""
        return max(0.0, self.count - (now - self.at).total_seconds() / limit.forgiven_after_s)

    def wait_s(self, now: datetime, limit: Limit = ONE_LOGIN) -> int:
        """Whole seconds until the next try is allowed; 0: now."""
        over = round(self.count) - limit.free
        if over < 0:
            return 0
        wait = min(limit.first_wait_s * (1 << min(over, 10)), limit.longest_wait_s)
        return max(0, math.ceil(wait - (now - self.at).total_seconds()))

    def another(self, now: datetime, limit: Limit = ONE_LOGIN) -> "Failures":
        """With one more."""
        return Failures(self.remaining(now, limit) + 1, now)
