"""Sense data as `sg_requests --hex` prints it (sg3_utils: an address, two spaces, two groups of eight bytes)."""

import pytest

from agents.wipe.completion.scsi_sense import parse
from agents.wipe.completion.status import State


def printed(sense: str) -> str:
    found = sense.split()
    lines = [found[at : at + 16] for at in range(0, len(found), 16)]
    return "".join(
        f" {16 * row:02x}     {' '.join(line[:8])}  {' '.join(line[8:])}".rstrip() + "\n" for row, line in enumerate(lines)
    )


FIXED = "70 00 {key} 00 00 00 00 0a 00 00 00 00 {asc} {ascq} 00 {flag} {hi} {lo}"


def fixed(key: str, asc: str, ascq: str, progress: tuple[str, str, str] = ("00", "00", "00")) -> str:
    return printed(FIXED.format(key=key, asc=asc, ascq=ascq, flag=progress[0], hi=progress[1], lo=progress[2]))


@pytest.mark.parametrize(
    ("output", "state", "progress"),
    [
        (fixed("00", "00", "00"), State.DONE, None),
        (fixed("02", "04", "1b", ("80", "80", "00")), State.RUNNING, 0.5),
        (fixed("02", "04", "1b"), State.RUNNING, None),
        (fixed("03", "31", "03"), State.FAILED, None),
        (fixed("02", "04", "04"), State.UNCLEAR, None),
        (printed("72 02 04 1b 00 00 00 08 02 06 00 00 80 40 00 00"), State.RUNNING, 0.25),
        (printed("72 00 00 00 00 00 00 00"), State.DONE, None),
        (printed("7f 00 00 00 00 00 00 00 00 00"), State.UNCLEAR, None),
        ("sg_requests failed: No such file or directory\n", State.UNCLEAR, None),
        ("", State.UNCLEAR, None),
    ],
)
def test_states(output: str, state: State, progress: float | None) -> None:
    status = parse(output)
    assert (status.state, status.progress) == (state, progress)
