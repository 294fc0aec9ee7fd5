"""Firmware jobs as values, and how tests run them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from agents.errors import Failed
from agents.wipe.methods.draft import PASSWORD, Command
from agents.wipe.plan import WipePlan, plan
from agents.wipe.result import Reached, Resume, WipeResult
from agents.wipe.runner import run
from fleet.contract.kinds import Completion, Level, Method, VerificationMethod
from tests.sim.drives import Drive, Memory

ERASE = Method.ATA_SECURITY_ERASE

Effect = Callable[[Path], None]


def planned(drive: Drive, method: Method = Method.NVME_SANITIZE_BLOCK) -> WipePlan:
    node = str(drive.identity.path)
    commands: tuple[Command, ...]
    completion = Completion.EXIT_CODE
    if method is Method.NVME_SANITIZE_BLOCK:
        commands, completion = (Command(("nvme", "sanitize", node, "--sanact=2"), 60.0),), Completion.NVME_SANITIZE_LOG
    elif method is ERASE:
        words = ("hdparm", "--user-master", "u")
        set_pass = Command((*words, "--security-set-pass", PASSWORD, node), 60.0, destroys=False)
        commands = (set_pass, Command((*words, "--security-erase", PASSWORD, node), 60.0))
    else:
        commands = (Command(("nvme", "format", node, "--ses=1", "--force"), 60.0),)
    return replace(
        plan(drive.identity),
        method=method,
        level=Level.CLEAR,
        verification=VerificationMethod.SAMPLED,
        commands=commands,
        completion=completion,
        expected_s=60.0,
        timeout_s=7200.0,
        reason="asked for",
    )


def wipe(drive: Drive, memory: Memory, method: Method = Method.NVME_SANITIZE_BLOCK, **options: object) -> WipeResult:
    return run(planned(drive, method), drive.clear(), hooks=memory, **options)


def resumed(memory: Memory, reached: Reached) -> Resume:
    return Resume(memory.key, 0, reached, memory.samples, memory.record, 1)


def kept_until_prepared(drive: Drive, method: Method) -> Memory:
    class Cut(Memory):
        def prepared(self, samples: bytes) -> None:
            super().prepared(samples)
            raise Failed("power cut")

    memory = Cut()
    wipe(drive, memory, method)
    return Memory(key=memory.key, samples=memory.samples)
