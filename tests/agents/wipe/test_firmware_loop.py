"""Real programs told while the bench holds a real block device: what erases, what only says so, what the hold refuses."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agents.config import PortConfig
from agents.wipe.guard import clear
from agents.wipe.methods.draft import Command
from agents.wipe.plan import plan
from agents.wipe.result import WipeResult
from agents.wipe.runner import run
from fleet.contract.kinds import Completion, IoMode, Method, Verdict, VerificationMethod
from tests.sim.drives import Drive, Memory

pytestmark = pytest.mark.loop
LoopMaker = Callable[..., Path]


def told(file: Path, loop_device: LoopMaker, *argv: str) -> WipeResult:
    """A plan of one command over a loop device of old data, which is its scope too."""
    file.write_bytes(os.urandom(16 << 20))
    node = loop_device(file)
    drive = Drive(node, PortConfig(name="A1", path=node))
    wanted = replace(
        plan(drive.identity),
        method=Method.EMMC_SECURE_ERASE,
        verification=VerificationMethod.SAMPLED,
        completion=Completion.EXIT_CODE,
        commands=(Command((*argv, str(node)), 60.0),),
        scope=(str(node),),
        timeout_s=60.0,
    )
    return run(wanted, clear(drive.identity, [drive.port], scope=wanted.scope), hooks=Memory())


def test_blkdiscard_erases_while_the_device_is_held(tmp_path: Path, loop_device: LoopMaker) -> None:
    result = told(tmp_path / "drive.img", loop_device, "blkdiscard", "--zeroout", "--force")
    assert (result.verdict, result.io_mode, result.errors) == (Verdict.ERASED, IoMode.DIRECT, ())
    assert result.sampling is not None
    assert (result.sampling.sections, result.sampling.canaries_planted) == (1000, result.sampling.samples)


def test_a_program_that_only_says_so_is_found_out(tmp_path: Path, loop_device: LoopMaker) -> None:
    result = told(tmp_path / "drive.img", loop_device, "true")
    assert (result.verdict, [command.exit_code for command in result.commands]) == (Verdict.FAILED, [0])
    assert "the medium was not erased" in str(result.reason)


@pytest.mark.parametrize("argv", [("blkdiscard", "--zeroout"), ("nvme", "format", "--ses=1")])
def test_without_force_the_hold_refuses_them(tmp_path: Path, loop_device: LoopMaker, argv: tuple[str, ...]) -> None:
    """Why the planners give `--force`: it leaves out O_EXCL, and the bench's own hold stands."""
    result = told(tmp_path / "drive.img", loop_device, *argv)
    assert result.verdict is Verdict.FAILED
    assert "Device or resource busy" in str(result.reason)
