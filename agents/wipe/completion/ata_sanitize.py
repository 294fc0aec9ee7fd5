"""The sanitize status of a SATA drive, as `hdparm --sanitize-status` prints it (from hdparm's source, 9.58 to 9.65).

It ends with the operating system's error number when the drive refuses the command, which is how a drive in SD3 (failed) answers;
the reason is then on its standard error. States: ACS-4, 4.17.
"""

import re
from typing import Final

from agents.wipe.completion.status import State, Status

_STATE: Final = re.compile(r"^\s*State:\s+SD(\d)\b", re.MULTILINE)
_PROGRESS: Final = re.compile(r"^\s*Progress:\s+0x([0-9a-f]{1,4})\b", re.MULTILINE)
_COMPLETED: Final = re.compile(r"^\s*Last Sanitize Operation Completed Without Error\s*$", re.MULTILINE)
_FAILED: Final = re.compile(
    r"^Drive in SD3 |^SANITIZE device error reason: Last Sanitize Command completed unsuccessfully", re.MULTILINE
)
_PROGRESS_PARTS: Final = 0x10000


def parse(output: str) -> Status:
    """What hdparm said, standard output and standard error together.

    Idle with the completion bit is done; idle without it means that nothing was done, or that it is forgotten.
    """
    if _FAILED.search(output):
        return Status(State.FAILED, "SD3: the last sanitize ended without success")
    found = _STATE.findall(output)
    match found:
        case ["0"]:
            done = _COMPLETED.search(output) is not None
            return Status(State.DONE if done else State.NEVER, f"SD0, completed without error: {'yes' if done else 'no'}")
        case ["1"]:
            return Status(State.UNCLEAR, "SD1: frozen until the next power cycle")
        case ["2"]:
            return _running(output)
        case ["4"]:
            return Status(State.DONE, "SD4: succeeded")
    return Status(State.UNCLEAR, f"hdparm did not tell the state: {' '.join(output.split())[:120] or 'nothing'}")


def _running(output: str) -> Status:
    progress = _PROGRESS.search(output)
    parts = None if progress is None else int(progress[1], 16)
    return Status(State.RUNNING, f"SD2, progress {parts}/65536", None if parts is None else parts / _PROGRESS_PARTS)
