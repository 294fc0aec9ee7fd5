"""What is written: a pattern knows the bytes of any range, so that a pass can resume and be verified from anywhere."""

import os
from collections.abc import Iterator
from typing import Final, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from fleet.contract.kinds import Method

UNIT_BYTES: Final = 1 << 20
"""The keystream starts a new counter at each multiple of this."""
SCRATCH_BYTES: Final = 256 << 10
"""What is compared at once. It stays in a core's own cache, where comparing is three times as fast as in memory."""
KEY_BYTES: Final = 32
_ZEROS: Final = bytes(UNIT_BYTES)
_AES_BLOCK: Final = 16
_FIRST_BLOCK: Final = 2
"""Of a 96-bit nonce's counter (NIST SP 800-38D, 7.1: block 1 is kept for the tag)."""


class Pattern(Protocol):
    """Bytes by their offset, safe from several threads. `constant`: the same at every offset, so a buffer is filled only once."""

    constant: bool

    def fill(self, buffer: memoryview, offset: int) -> None:
        """Put the bytes of `offset` and on into `buffer`; `offset` is a multiple of 16."""

    def differing(self, read: memoryview, scratch: bytearray, offset: int) -> int:
        """How many bytes of `read` are not the pattern's. `scratch` has SCRATCH_BYTES and is overwritten."""


class Zeros:
    """All bytes zero."""

    constant = True

    def fill(self, buffer: memoryview, offset: int) -> None:  # noqa: ARG002 - the same at every offset
        """Zero the buffer."""
        for at in range(0, len(buffer), UNIT_BYTES):
            part = buffer[at : at + UNIT_BYTES]
            part[:] = _ZEROS[: len(part)]

    def differing(self, read: memoryview, scratch: bytearray, offset: int) -> int:  # noqa: ARG002 - needs neither
        """Bytes that are not zero."""
        return sum(_not_zero(read[at : at + SCRATCH_BYTES]) for at in range(0, len(read), SCRATCH_BYTES))


class Keystream:
    """AES-256 in counter mode (NIST SP 800-38A, 6.5), seekable, the same for a byte whatever it is asked with.

    The counter block of byte p is p // 1 MiB in 12 bytes, then 2 + p % 1 MiB // 16 in 4 bytes, both big-endian. These are the
    counter blocks of GCM with the nonce p // 1 MiB, because OpenSSL makes those with the vector instructions of newer processors:
    twice as fast as its plain counter mode, which is used where a range does not start with a unit. Tags are not wanted.
    """

    constant = False

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.AES256(key)

    def fill(self, buffer: memoryview, offset: int) -> None:
        """Encrypt zeros into the buffer; OpenSSL does so without the interpreter's lock."""
        for start, end in _units(offset, len(buffer)):
            self._encryptor(offset + start).update_into(_zeros(end - start), buffer[start:end])

    def differing(self, read: memoryview, scratch: bytearray, offset: int) -> int:
        """Bytes that are not the keystream's: encrypted once more, the right ones are zero."""
        count = 0
        with memoryview(scratch) as decrypted:
            for start, end in _units(offset, len(read)):
                encryptor = self._encryptor(offset + start)
                for at in range(start, end, SCRATCH_BYTES):
                    part = read[at : min(at + SCRATCH_BYTES, end)]
                    encryptor.update_into(part, decrypted[: len(part)])
                    count += _not_zero(decrypted[: len(part)])
        return count

    def _encryptor(self, offset: int) -> CipherContext:
        unit, inside = divmod(offset, UNIT_BYTES)
        nonce = unit.to_bytes(12, "big")
        if inside == 0:
            return Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        counter = nonce + (_FIRST_BLOCK + inside // _AES_BLOCK).to_bytes(4, "big")
        return Cipher(self._algorithm, modes.CTR(counter)).encryptor()


def new_key() -> bytes:
    """A key for one job. It is in the journal while the job runs, and nowhere after."""
    return os.urandom(KEY_BYTES)


def pattern_for(method: Method, key: bytes | None) -> Pattern:
    """The pattern of a method. Raises ValueError when a keystream has no key, or firmware does the work."""
    match method:
        case Method.OVERWRITE_ZEROS:
            return Zeros()
        case Method.OVERWRITE_RANDOM:
            if key is None:
                raise ValueError("a keystream needs its key")
            return Keystream(key)
        case _:
            raise ValueError(f"{method} writes no pattern")


def _not_zero(read: memoryview) -> int:
    """How many bytes are not zero. startswith copies nothing; `memoryview == bytes` goes byte by byte, 50 times slower."""
    return 0 if _ZEROS.startswith(read) else len(read) - bytes(read).count(0)


def _zeros(length: int) -> memoryview:
    return memoryview(_ZEROS)[:length]


def _units(offset: int, length: int) -> Iterator[tuple[int, int]]:
    """The parts of a range that lie in one unit each, counted from the range's start."""
    start = 0
    while start < length:
        end = min(start + UNIT_BYTES - (offset + start) % UNIT_BYTES, length)
        yield start, end
        start = end
