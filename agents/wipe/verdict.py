"""How an overwrite ended, decided from what happened. Pure."""

from dataclasses import dataclass

from fleet.contract.kinds import Verdict


@dataclass(frozen=True)
class Facts:
    """What happened, in bytes.

    Attributes:
        capacity_bytes: the medium's size.
        write_issued: the first write was handed to the device, now or before a crash.
        written_bytes: written and flushed, from the start on.
        verified_bytes: read back, from the start on.
        mismatched_bytes: read back and not what was written.
        faults: reads, writes and flushes that the device refused, in words.
        vanished: the device left, or changed its size, before the end.
        stopped: the operator stopped the job.
        bench_trouble: why the bench itself could not go on.
        shortfall: the medium holds less than it says, or loses what it was given, in words.
    """

    capacity_bytes: int
    write_issued: bool
    written_bytes: int = 0
    verified_bytes: int = 0
    mismatched_bytes: int = 0
    faults: tuple[str, ...] = ()
    vanished: bool = False
    stopped: bool = False
    bench_trouble: str | None = None
    shortfall: str | None = None


@dataclass(frozen=True)
class Decision:
    """The verdict; None when the job ended before anything was written. `medium_failure`: the medium's fault, not the bench's."""

    verdict: Verdict | None
    reason: str | None = None
    medium_failure: bool = False


def decide(facts: Facts) -> Decision:
    """Erased only when every byte was written, flushed, read back and right; unknown where nobody can say."""
    if not facts.write_issued:
        return Decision(
            None, "the device left before anything was written" if facts.vanished else "stopped before anything was written"
        )
    failure = _failure(facts)
    if failure is not None:
        return failure
    if facts.bench_trouble is not None:
        return Decision(Verdict.UNKNOWN, f"the bench could not go on: {facts.bench_trouble}")
    if facts.written_bytes == facts.verified_bytes == facts.capacity_bytes:
        return Decision(Verdict.ERASED)
    known = f"{facts.written_bytes} bytes written and {facts.verified_bytes} read back of {facts.capacity_bytes}"
    return Decision(Verdict.UNKNOWN, f"only {known} are accounted for")


def _failure(facts: Facts) -> Decision | None:
    """What proves that the medium is not erased; the nearest cause first."""
    if facts.vanished:
        return Decision(Verdict.FAILED, "the device was unplugged, or changed, before the end")
    if facts.shortfall is not None:
        return Decision(Verdict.FAILED, facts.shortfall, medium_failure=True)
    if facts.faults:
        return Decision(Verdict.FAILED, f"the medium failed: {facts.faults[0]}", medium_failure=True)
    if facts.mismatched_bytes:
        reason = f"at least {facts.mismatched_bytes} bytes read back are not what was written"
        return Decision(Verdict.FAILED, reason, medium_failure=True)
    if facts.stopped:
        return Decision(Verdict.FAILED, "stopped by the operator before the end")
    return None
