"""Sanitize logs in the shapes that nvme-cli's versions print (its json_sanitize_log, 1.9 to 3.0)."""

import json

import pytest

from agents.wipe.completion.nvme_sanitize import parse
from agents.wipe.completion.status import State
from fleet.contract.kinds import Method
from tests.sim.firmware import sanitize_log

BLOCK, CRYPTO, OVERWRITE = Method.NVME_SANITIZE_BLOCK, Method.NVME_SANITIZE_CRYPTO, Method.NVME_SANITIZE_OVERWRITE
_STATES = [State.NEVER, State.DONE, State.RUNNING, State.FAILED, State.DONE, State.UNCLEAR, State.UNCLEAR, State.UNCLEAR]


@pytest.mark.parametrize("shape", ["2.3", "2.8", "2.16", "flat"])
@pytest.mark.parametrize(("code", "state"), list(enumerate(_STATES)))
def test_all_eight_codes_in_every_shape(shape: str, code: int, state: State) -> None:
    assert parse(sanitize_log(code, 655, 2, shape=shape), BLOCK).state is state


def test_a_recorded_log_of_a_stuck_drive() -> None:
    """As nvme-cli 1.12 would print, in JSON, what issue 752 shows: SPROG 655, SSTAT 2, SCDW10 2."""
    status = parse(sanitize_log(2, 655, 2), BLOCK)
    assert (status.state, status.progress) == (State.RUNNING, 655 / 65536)


@pytest.mark.parametrize("code", [1, 2, 3, 4])
@pytest.mark.parametrize(("method", "action"), [(BLOCK, 4), (CRYPTO, 2), (OVERWRITE, 2)])
def test_the_log_of_another_sanitize_says_nothing_about_ours(code: int, method: Method, action: int) -> None:
    assert parse(sanitize_log(code, 65535, action), method).state is State.NEVER


@pytest.mark.parametrize(("method", "dword10"), [(BLOCK, 0x2), (CRYPTO, 0x4), (OVERWRITE, 0x13), (OVERWRITE, 0x103)])
def test_the_other_bits_of_the_command_do_not_matter(method: Method, dword10: int) -> None:
    """OWPASS, AUSE and the like stand above SANACT."""
    assert parse(sanitize_log(1, 65535, dword10), method).state is State.DONE


def test_sstat_as_a_number_has_other_bits_too() -> None:
    """Bits 7:3 count passes, bit 8 says that nothing was written since."""
    assert parse(sanitize_log(0b1_0000_1001, 65535, 2, shape="flat"), BLOCK).state is State.DONE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "NVMe status: Invalid Log Page(0x4109)",
        "{}",
        json.dumps({"nvme0": {"sprog": 1}}),
        json.dumps({"nvme0": {"sstat": {"status": "done"}, "cdw10_info": 2}}),
        json.dumps({"nvme0": {"sstat": {"a": "(1) x", "b": "(2) y"}, "cdw10_info": 2}}),
        json.dumps({"nvme0": {"sstat": True, "cdw10_info": 2}}),
        json.dumps({"nvme0": {"sstat": 1}}),
        json.dumps({"nvme0": {"sstat": 1, "cdw10_info": 2}, "nvme1": {"sstat": 2, "cdw10_info": 2}}),
    ],
)
def test_what_cannot_be_understood_is_unclear(text: str) -> None:
    assert parse(text, BLOCK).state is State.UNCLEAR
