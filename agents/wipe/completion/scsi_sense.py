"""What a SAS drive answers to REQUEST SENSE while and after it sanitizes: the bytes that `sg_requests --hex` prints.

SPC-5, 4.4 (fixed and descriptor format), SBC-4, 4.11 (sanitize): "logical unit not ready, sanitize in progress" is 04h/1Bh under
NOT READY; a failed one is "sanitize command failed", 31h/03h under MEDIUM ERROR. No sense at all: nothing is going on.
"""

import re
from typing import Final

from agents.wipe.completion.status import State, Status

_LINE: Final = re.compile(r"^\s*[0-9a-f]{2,8}\s{2,}((?:[0-9a-f]{2}\s{1,2})*[0-9a-f]{2})\s*$", re.MULTILINE)
_IN_PROGRESS: Final = (0x2, 0x04, 0x1B)
_FAILED: Final = (0x3, 0x31, 0x03)
_NOTHING: Final = (0x0, 0x00, 0x00)
_PROGRESS_VALID: Final = 0x80
_SENSE_KEY_SPECIFIC: Final = 0x02
_PARTS: Final = 0x10000
_LEAST_BYTES: Final = 8


def parse(output: str) -> Status:
    """What the drive said. No sense means done only to a reader who knows that a sanitize was accepted before."""
    sense = bytes.fromhex("".join(_LINE.findall(output)).replace(" ", ""))
    triple = _key_and_codes(sense)
    said = f"sense {'/'.join(f'{part:02x}h' for part in triple)}" if triple else "no sense data"
    if triple == _IN_PROGRESS:
        parts = _progress(sense)
        return Status(State.RUNNING, said, None if parts is None else parts / _PARTS)
    if triple == _FAILED:
        return Status(State.FAILED, said)
    return Status(State.DONE if triple == _NOTHING else State.UNCLEAR, said)


def _key_and_codes(sense: bytes) -> tuple[int, int, int] | None:
    """Sense key, additional sense code and its qualifier."""
    if len(sense) < _LEAST_BYTES:
        return None
    match sense[0] & 0x7F:
        case 0x70 if len(sense) > 13:  # noqa: PLR2004 - where the qualifier is
            return sense[2] & 0x0F, sense[12], sense[13]
        case 0x72:
            return sense[1] & 0x0F, sense[2], sense[3]
    return None


def _progress(sense: bytes) -> int | None:
    """The progress indication, in 65536ths."""
    if sense[0] & 0x7F == 0x70:  # noqa: PLR2004 - fixed format
        valid = len(sense) > 17 and sense[15] & _PROGRESS_VALID  # noqa: PLR2004 - where the indication ends
        return int.from_bytes(sense[16:18]) if valid else None
    at = _LEAST_BYTES
    while at + 2 <= len(sense):
        kind, length = sense[at], sense[at + 1]
        if kind == _SENSE_KEY_SPECIFIC and at + 7 <= len(sense) and sense[at + 4] & _PROGRESS_VALID:
            return int.from_bytes(sense[at + 5 : at + 7])
        at += 2 + length
    return None
