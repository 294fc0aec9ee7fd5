"""What was handed to the targets, kept as tags to compare with what they give back.

A tag is a GMAC (AES-256-GCM over associated data alone, NIST SP 800-38D) under a random key of this job, with the piece's own
offset as nonce: nobody who does not know the key, a drive that lies among them, can give other bytes with the same tag. It
is made from the very memory that was just checked against the SHA-256 of the signed block map, and costs an eighth of it.
"""

import os
import threading
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_NONCE_BYTES: Final = 12


class Proof:
    """The tags of one job's pieces. Safe for several threads."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._lock = threading.Lock()
        self._tags: dict[int, tuple[int, bytes]] = {}

    def note(self, start: int, end: int, data: memoryview) -> None:
        """Keep the tag of the bytes from `start` to `end` of the image."""
        tag = self._tag(start, data)
        with self._lock:
            self._tags[start] = (end, tag)

    @property
    def pieces(self) -> tuple[tuple[int, int], ...]:
        """What was noted: (first byte, byte after the last), ascending."""
        with self._lock:
            return tuple((start, end) for start, (end, _) in sorted(self._tags.items()))

    def holds(self, start: int, data: memoryview | bytes) -> bool:
        """Whether a piece that begins at `start` is what was noted."""
        with self._lock:
            end, tag = self._tags[start]
        return len(data) == end - start and self._tag(start, data) == tag

    def _tag(self, start: int, data: memoryview | bytes) -> bytes:
        nonce = start.to_bytes(_NONCE_BYTES, "little")
        sealing = Cipher(algorithms.AES256(self._key), modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(data)
        sealing.finalize()
        return sealing.tag
