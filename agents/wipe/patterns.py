"""What is written: a pattern knows the bytes of any range, so that a pass can resume and be verified from anywhere."""

import os
from typing import Final, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from fleet.contract.kinds import Method

CHUNK_BYTES: Final = 4 << 20
"""One I/O. At least 1 MiB is needed to reach a drive's own speed (measured against fio)."""
KEY_BYTES: Final = 32
_ZEROS: Final = bytes(CHUNK_BYTES)
_AES_BLOCK: Final = 16


class Pattern(Protocol):
    """Bytes by their offset, safe from several threads. `constant`: the same at every offset, so a buffer is filled only once."""

    constant: bool

    def fill(self, buffer: memoryview, offset: int) -> None:
        """Put the bytes of `offset` and on into `buffer` (at most CHUNK_BYTES; `offset` a multiple of 16)."""

    def differing(self, read: memoryview, scratch: bytearray, offset: int) -> int:
        """How many bytes of `read` are not the pattern's. `scratch` holds CHUNK_BYTES and is overwritten."""


class Zeros:
    """All bytes zero."""

    constant = True

    def fill(self, buffer: memoryview, offset: int) -> None:  # noqa: ARG002 - the same at every offset
        """Zero the buffer."""
        buffer[:] = _ZEROS[: len(buffer)]

    def differing(self, read: memoryview, scratch: bytearray, offset: int) -> int:  # noqa: ARG002 - needs neither
        """Bytes that are not zero."""
        return 0 if _ZEROS.startswith(read) else len(read) - bytes(read).count(0)


class Keystream:
    """AES-256 in counter mode: the counter block is the offset in units of 16 bytes (NIST SP 800-38A, 6.5)."""

    constant = False

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.AES256(key)

    def fill(self, buffer: memoryview, offset: int) -> None:
        """Encrypt zeros into the buffer; OpenSSL does so without the interpreter's lock."""
        counter = (offset // _AES_BLOCK).to_bytes(_AES_BLOCK, "big")
        Cipher(self._algorithm, modes.CTR(counter)).encryptor().update_into(memoryview(_ZEROS)[: len(buffer)], buffer)

    def differing(self, read: memoryview, scratch: bytearray, offset: int) -> int:
        """Bytes that are not the keystream's."""
        with memoryview(scratch) as view:
            self.fill(view[: len(read)], offset)
        # startswith compares without copying; `memoryview == bytes` goes byte by byte, 50 times slower
        return 0 if scratch.startswith(read) else _count_differing(scratch[: len(read)], read)


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


def _count_differing(one: bytes | bytearray, other: memoryview) -> int:
    """As one long exclusive-or: linear, where a loop over the bytes would take hours on a bad disk."""
    both = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
    return len(one) - both.to_bytes(len(one), "little").count(0)
