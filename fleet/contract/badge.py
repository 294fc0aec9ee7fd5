"""What a badge's QR code says, and what service and benches keep of it.

The letters are those of Yubico's ModHex with the prefix `HPB`: all of them lie on the same key, without shift, on QWERTY,
AZERTY and QWERTZ. So a hand scanner that is set to another layout than the computer still types the right code, with
or without JavaScript, CapsLock on or off.
"""

import hashlib
import re
import secrets
from typing import Final

PREFIX: Final = "HPB"
ALPHABET: Final = "CBDEFGHIJKLNRTUV"
"""One letter for each four bits, 0 to 15."""
RANDOM_BITS: Final = 128
_CODE: Final = re.compile(rf"{PREFIX}[{ALPHABET}]{{{RANDOM_BITS // 4}}}")


def new_badge_code() -> str:
    """A badge's code: 35 capital letters, 128 bits of them random."""
    drawn = secrets.randbits(RANDOM_BITS)
    return PREFIX + "".join(ALPHABET[drawn >> shift & 15] for shift in range(0, RANDOM_BITS, 4))


def badge_code(text: str) -> str | None:
    """A scanned badge in its one spelling, or None when this is no badge."""
    code = "".join(text.split()).upper()
    return code if _CODE.fullmatch(code) else None


def badge_hash(code: str) -> bytes:
    """What is kept of a badge: SHA-256 of its 35 capital letters. Nobody can guess 128 random bits, so it needs no salt."""
    return hashlib.sha256(code.encode("ascii")).digest()
