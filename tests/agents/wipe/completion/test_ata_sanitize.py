"""What hdparm prints for --sanitize-status, put together as its source does (9.58 and 9.65)."""

import pytest

from agents.wipe.completion.ata_sanitize import parse
from agents.wipe.completion.status import State

HEAD = "\n/dev/sdb:\nIssuing SANITIZE_STATUS command\nSanitize status:\n"
DONE = "    Last Sanitize Operation Completed Without Error\n"


@pytest.mark.parametrize(
    ("output", "state"),
    [
        (f"{HEAD}    State:    SD0 Sanitize Idle\n", State.NEVER),
        (f"{HEAD}    State:    SD0 Sanitize Idle\n{DONE}", State.DONE),
        (f"{HEAD}    State:    SD0 Sanitize Idle\n{DONE}    Antifreeze bit set\n", State.DONE),
        (f"{HEAD}    State:    SD1 Sanitize Frozen\n{DONE}", State.UNCLEAR),
        (f"{HEAD}    State:    SD2 Sanitize operation In Process\n    Progress: 0x28f (1%)\n", State.RUNNING),
        (f"{HEAD}    State:    SD2 Sanitize operation In Process\n    Progress: 0x28f (1%)\n{DONE}", State.RUNNING),
        (f"{HEAD}    State:    SD4 Sanitize Operation succeeded\n", State.DONE),
        (
            (
                "\n/dev/sdb:\nIssuing SANITIZE_STATUS command\nSANITIZE failed: Input/output error\n"
                "SANITIZE device error reason: Last Sanitize Command completed unsuccessfully\n"
                "Drive in SD3 Sanitize Operation Failed state\n"
            ),
            State.FAILED,
        ),
        (
            (
                "Issuing SANITIZE_STATUS command\nSANITIZE failed: Input/output error\n"
                "SANITIZE device error reason: Reason not reported\n"
            ),
            State.UNCLEAR,
        ),
        ("SANITIZE feature set is not supported\n", State.UNCLEAR),
        ("/dev/sdb: No such file or directory\n", State.UNCLEAR),
        ("", State.UNCLEAR),
    ],
)
def test_states(output: str, state: State) -> None:
    assert parse(output).state is state


def test_progress() -> None:
    status = parse(f"{HEAD}    State:    SD2 Sanitize operation In Process\n    Progress: 0x8000 (50%)\n")
    assert status.progress == pytest.approx(0.5)
