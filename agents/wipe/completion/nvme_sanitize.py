"""The NVMe sanitize status log, as `nvme sanitize-log -o json` prints it.

nvme-cli's shapes, from its source: the log is nested under the device's name since 1.9; `sstat` is an object whose `status` is
text such as "(2) Sanitize in progress…", but in 2.8 the *name* of that member is the description itself; `no_cmplted_passes` is
shifted wrongly up to 1.16. So the code in parentheses is looked for in every text of the object, and the flat shape with plain
numbers is read as well. SSTAT and SCDW10: NVM Express Base Specification 2.0, 5.16.1.20, figure 290.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from agents.wipe.completion.status import State, Status
from fleet.contract.kinds import Method

_ACTIONS: Final = {
    Method.NVME_SANITIZE_BLOCK: 2,
    Method.NVME_SANITIZE_OVERWRITE: 3,
    Method.NVME_SANITIZE_CRYPTO: 4,
}
"""SANACT, which the log repeats in bits 2:0 of SCDW10."""
_STATES: Final = {0: State.NEVER, 1: State.DONE, 2: State.RUNNING, 3: State.FAILED, 4: State.DONE}
"""SSTAT bits 2:0; 4 is done too, with deallocation although none was asked for. 5 to 7 are reserved."""
_CODE: Final = re.compile(r"^\((\d)\)")
_LOW_THREE_BITS: Final = 0b111
_PROGRESS_PARTS: Final = 0x10000


def parse(text: str, method: Method) -> Status:
    """What the log says about the sanitize of this method; one of another kind that has ended says nothing about ours."""
    log = _log(text)
    if log is None:
        return Status(State.UNCLEAR, f"the sanitize log is not readable: {text.strip()[:120] or 'nothing'}")
    code, progress, action = _code(log.get("sstat")), _whole(log.get("sprog")), _whole(log.get("cdw10_info"))
    state = State.UNCLEAR if code is None else _STATES.get(code, State.UNCLEAR)
    said = f"SSTAT {code}, SPROG {progress}/65536, SANACT {None if action is None else action & _LOW_THREE_BITS}"
    if action is None and state is not State.NEVER:
        return Status(State.UNCLEAR, f"{said}: the log does not say which sanitize it speaks of")
    if state not in (State.NEVER, State.UNCLEAR) and action is not None and action & _LOW_THREE_BITS != _ACTIONS[method]:
        return Status(State.NEVER, f"{said}: that is another sanitize")
    running = state is State.RUNNING and progress is not None
    return Status(state, said, progress / _PROGRESS_PARTS if running and progress is not None else None)


def _log(text: str) -> Mapping[str, object] | None:
    """The object that holds `sstat`, nested by device name or not."""
    try:
        top = json.loads(text)
    except ValueError:
        return None
    if not isinstance(top, dict):
        return None
    found = [part for part in (top, *top.values()) if isinstance(part, dict) and "sstat" in part]
    return found[0] if len(found) == 1 else None


def _code(sstat: object) -> int | None:
    """SSTAT bits 2:0; None when they are not there, or said twice."""
    number = _whole(sstat)
    if number is not None:
        return number & _LOW_THREE_BITS
    if not isinstance(sstat, dict):
        return None
    status = _whole(sstat.get("status"))
    if status is not None:
        return status & _LOW_THREE_BITS
    codes = {match[1] for value in sstat.values() if isinstance(value, str) and (match := _CODE.match(value))}
    return int(codes.pop()) if len(codes) == 1 else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
