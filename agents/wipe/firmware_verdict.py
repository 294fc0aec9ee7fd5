"""How a firmware's sanitization ended, decided from what happened. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

from agents.wipe.verdict import Decision, Facts, decide
from fleet.contract.certificate import Sampling
from fleet.contract.kinds import Verdict


class Ending(StrEnum):
    """How the firmware's part of a job ended."""

    UNTOLD = "untold"
    """Nothing was sent to it."""
    DONE = "done"
    """Every command was accepted, and the end was learnt as the plan says."""
    REFUSED = "refused"
    """A command ended with an error."""
    FAILED = "failed"
    """The drive says that it failed."""
    LOST = "lost"
    """It took too long, or gave no clear answer."""
    UNCERTAIN = "uncertain"
    """The bench was interrupted while it told the firmware, and cannot know what arrived."""
    OPEN = "open"
    """The bench stopped asking; the firmware goes on."""


@dataclass(frozen=True)
class FirmwareFacts:
    """What happened in a job of the drive's firmware.

    Attributes:
        issued: data may be lost: the first canary was about to be written, now or before a crash.
        ending: of the firmware's part; `said` is why, in words.
        sampling: what was found in the samples; None when they were not read.
        complete: every sample was read to its last byte.
        dropped: canaries were not there although no write failed, in words.
        beside: what is left in another namespace that is erased along, in words.
        beside_read: every sample of every such namespace was read.
        left_behind: the drive may still have a password, in words.
        faults, vanished, stopped, bench_trouble: as in `Facts`; `stopped` counts only before the firmware was told.
    """

    issued: bool
    ending: Ending
    said: str | None = None
    sampling: Sampling | None = None
    complete: bool = False
    dropped: str | None = None
    beside: str | None = None
    beside_read: bool = True
    left_behind: str | None = None
    faults: tuple[str, ...] = ()
    vanished: bool = False
    stopped: bool = False
    bench_trouble: str | None = None


def decide_firmware(facts: FirmwareFacts) -> Decision:
    """Erased only when every command was accepted, the end was learnt, and every sample has changed; never by a guess."""
    if not facts.issued:
        return decide(Facts(capacity_bytes=0, write_issued=False, vanished=facts.vanished))
    decision = _disproof(facts) or _doubt(facts) or Decision(Verdict.ERASED)
    if facts.left_behind is None or decision.reason == facts.left_behind:
        return decision
    return replace(decision, reason=f"{decision.reason}; {facts.left_behind}")


def _disproof(facts: FirmwareFacts) -> Decision | None:
    """What proves that the medium is not erased, or must not be taken for it; the surest first."""
    found = _still_there(facts.sampling) or facts.beside or facts.dropped
    if found is not None:
        return Decision(Verdict.FAILED, found, medium_failure=True)
    if facts.vanished:
        return Decision(Verdict.FAILED, "the device was unplugged, or changed, before the end")
    if facts.ending in (Ending.FAILED, Ending.REFUSED):
        return Decision(Verdict.FAILED, facts.said, medium_failure=facts.ending is Ending.FAILED)
    unfinished = "stopped by the operator before the firmware was told" if facts.stopped else None
    if facts.ending is Ending.DONE:
        unfinished = facts.left_behind
    if unfinished is not None:
        return Decision(Verdict.FAILED, unfinished)
    if facts.faults and facts.ending in (Ending.UNTOLD, Ending.DONE):
        return Decision(Verdict.FAILED, f"the medium failed: {facts.faults[0]}", medium_failure=True)
    return None


def _still_there(sampling: Sampling | None) -> str | None:
    """A firmware that says that it erased, and did not."""
    if sampling is None or not (sampling.unchanged_samples or sampling.canaries_found):
        return None
    remains = (
        f"{sampling.unchanged_samples} of {sampling.samples} samples are unchanged, {sampling.canaries_found} canaries are left"
    )
    return f"the medium was not erased: {remains}"


def _doubt(facts: FirmwareFacts) -> Decision | None:
    """What keeps anyone from knowing."""
    if facts.bench_trouble is not None:
        return Decision(Verdict.UNKNOWN, f"the bench could not go on: {facts.bench_trouble}")
    if facts.ending is not Ending.DONE:
        return Decision(Verdict.UNKNOWN, facts.said or "the bench stopped before the firmware was told")
    if facts.sampling is None or not facts.complete:
        return Decision(Verdict.UNKNOWN, "the firmware says that it is done, but the samples were not all read")
    if not facts.beside_read:
        return Decision(Verdict.UNKNOWN, "the samples of another namespace, which is erased along, were not all read")
    return None
