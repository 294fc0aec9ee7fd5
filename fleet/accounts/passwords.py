"""Hashing of passwords: argon2id, a few at a time, and as slow for a login that does not exist as for one that does."""

import os
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from fleet.errors import TooMany

AT_ONCE: Final = max(1, min(4, (os.cpu_count() or 1)))
"""Each takes a core and 64 MiB for about a tenth of a second (argon2id, the library's recommended cost)."""
QUEUE: Final = 8
"""How many more may wait for their turn: a flood of sign-ins must not fill the thread pool that serves everybody else."""
RETRY_S: Final = 2

_hasher: Final = PasswordHash((Argon2Hasher(),))
_turns: Final = threading.BoundedSemaphore(AT_ONCE)
_places: Final = threading.BoundedSemaphore(AT_ONCE + QUEUE)


@dataclass(frozen=True)
class Checked:
    """Whether a password was right, and a newer hash when the stored one is of an older cost."""

    right: bool
    new_hash: str | None = None


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for a turn. Raises TooMany when too many wait already."""
    if not _places.acquire(blocking=False):
        raise TooMany(seconds=RETRY_S)
    try:
        with _turns:
            yield
    finally:
        _places.release()


@cache
def _nobody() -> str:
    """The hash of a password that nobody has."""
    return _hasher.hash(os.urandom(32))


def _plain(password: str) -> str:
    """One spelling of the same characters, whatever the keyboard made of them (NIST SP 800-63B, 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """The argon2id hash of a password. Raises TooMany."""
    with _turn():
        return _hasher.hash(_plain(password))


def check(password: str, stored: str | None) -> Checked:
    """Compare with a stored hash; None (no such login) costs the same time and is never right. Raises TooMany."""
    with _turn():
        right, newer = _hasher.verify_and_update(_plain(password), stored or _nobody())
    return Checked(right and stored is not None, newer if right and stored is not None else None)
