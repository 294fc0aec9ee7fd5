"""Asset codes: 7 characters of Crockford base32 and an ISO 7064 MOD 37,36 check character.

Stored without a dash (`8YZABCDE`), shown to people with one (`8YZA-BCDE`). Codes whose check character would be
I, L, O or U are never issued, so those four letters stand in no code, and a hand-written one cannot be mistaken.
"""

import random
import re
from typing import Final

from stdnum.iso7064 import mod_37_36

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford base32: no I, L, O or U."""
BODY_LENGTH: Final = 7
CODE_LENGTH: Final = BODY_LENGTH + 1
NUMBERS: Final = len(ALPHABET) ** BODY_LENGTH
"""How many numbers there are; 32 of 36 of them, about, have a code."""

_SHAPE: Final = re.compile(rf"[{ALPHABET}]{{{BODY_LENGTH}}}[0-9A-Z]")
_SEPARATORS: Final = str.maketrans("", "", "- \t\u2010\u2011\u2012\u2013\u2212")
_LOOKALIKES: Final = str.maketrans("ILO", "110")


class CodeShapeError(ValueError):
    """This is not an asset code: 8 letters and digits are expected, as in 8YZA-BCDE."""


class CodeMisreadError(ValueError):
    """The check character does not belong to this code: a character was misread or mistyped."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"{show(code)}: a character was misread or mistyped. Scan it again, or compare it with the label.")


def check_character(body: str) -> str:
    """The ISO 7064 MOD 37,36 check character of a body, which may be one that is never issued."""
    return str(mod_37_36.calc_check_digit(body))


def from_number(number: int) -> str | None:
    """The code of a number below `NUMBERS`, or None where its check character is never issued.

    Raises ValueError when the number is out of range.
    """
    if not 0 <= number < NUMBERS:
        raise ValueError(f"asset codes are made of numbers from 0 to {NUMBERS - 1}, not {number}")
    digits = ""
    rest = number
    for _ in range(BODY_LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    check = check_character(digits)
    return digits + check if check in ALPHABET else None


def random_code(rng: random.Random) -> str:
    """A code drawn evenly from all that may be issued; whoever issues it sees to it that it is new."""
    while True:
        code = from_number(rng.randrange(NUMBERS))
        if code is not None:
            return code


def is_valid(code: str) -> bool:
    """Whether this is a code in its stored form (8 characters, upper case, no dash) that may have been issued."""
    return bool(_SHAPE.fullmatch(code)) and code[-1] in ALPHABET and bool(mod_37_36.is_valid(code))


def show(code: str) -> str:
    """A stored code as people read it: `8YZABCDE` becomes `8YZA-BCDE`."""
    return f"{code[:4]}-{code[4:]}"


def parse(text: str) -> str:
    """The stored form of a code as typed: any case, dashes and spaces anywhere; I and L are read as 1, O as 0, in the body.

    The check character is taken as it stands: no issued code has a look-alike there, so one is a misreading to report.
    Raises CodeShapeError, CodeMisreadError.
    """
    bare = text.translate(_SEPARATORS).upper()
    code = bare[:BODY_LENGTH].translate(_LOOKALIKES) + bare[BODY_LENGTH:]
    if not _SHAPE.fullmatch(code):
        raise CodeShapeError(str(CodeShapeError.__doc__))
    if not is_valid(code):
        raise CodeMisreadError(code)
    return code
