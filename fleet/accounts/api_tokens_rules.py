"""What an API token looks like, how long it lasts and what it needs. Pure."""

import re
import secrets
import string
import zlib
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from fleet.auth.rules import Scope
from fleet.errors import N_, Invalid

PREFIX: Final = "hpt_"
_LETTERS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM: Final = 32
"""62 ** 32: 190 bits."""
_CHECK: Final = 6
"""62 ** 6 is more than the 2 ** 32 values of a CRC-32."""
_TOKEN: Final = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM + _CHECK}}}")
DEFAULT_DAYS: Final = 90
LONGEST_DAYS: Final = 365
MAX_NAME: Final = 80


class TokenNameMissing(Invalid):
    """Somebody must know later what it was for."""

    msgid = N_("Say what the token is for, for example: stock list of the town.")


class ScopesMissing(Invalid):
    """A token without scopes opens nothing."""

    msgid = N_("Choose at least one thing that the token may do.")


class ValidityWrong(Invalid):
    """A token ends by itself."""

    msgid = N_("A token is valid for 1 to {longest} days.")


def new_api_token() -> str:
    """`hpt_`, 32 random letters and digits, 6 that check them: a program that looks for leaked secrets can be sure of it."""
    plain = PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(_RANDOM))
    return plain + _check(plain)


def is_api_token(text: str) -> bool:
    """Whether the text has a token's form and its check is right: no need to ask the database about anything else."""
    return _TOKEN.fullmatch(text) is not None and _check(text[:-_CHECK]) == text[-_CHECK:]


def validity(days: int) -> timedelta:
    """How long a token lasts. Raises ValidityWrong."""
    if not 1 <= days <= LONGEST_DAYS:
        raise ValidityWrong(longest=LONGEST_DAYS, field="days")
    return timedelta(days=days)


def token_name(text: str) -> str:
    """A token's name, single spaces. Raises TokenNameMissing."""
    name = " ".join(text.split())[:MAX_NAME]
    if not name:
        raise TokenNameMissing(field="name")
    return name


def token_scopes(scopes: Collection[Scope]) -> list[Scope]:
    """In one order, each once. Raises ScopesMissing."""
    if not scopes:
        raise ScopesMissing(field="scopes")
    return sorted(set(scopes))


def _check(text: str) -> str:
    """CRC-32 in base 62."""
    left, digits = zlib.crc32(text.encode("ascii")), ""
    for _ in range(_CHECK):
        left, digit = divmod(left, len(_LETTERS))
        digits = _LETTERS[digit] + digits
    return digits
