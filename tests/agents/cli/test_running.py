"""What the terminal of a running bench is told."""

from agents.bench.phases import PortPhase, PortSnapshot
from agents.cli.running import steps
from agents.shell.progress import Phase, Progress


def wiping(port: str, done: int) -> PortSnapshot:
    return PortSnapshot(port, PortPhase.WIPING, progress=Progress(Phase.WRITE, done, 100, 1.0, None))


def test_a_step_that_lasts_a_moment_is_told_all_the_same() -> None:
    failed, empty = PortSnapshot("A1", PortPhase.FAILED), PortSnapshot("A1")
    assert steps([wiping("A1", 1), failed, empty]) == [wiping("A1", 1), failed, empty]


def test_of_progress_only_the_last_is_told() -> None:
    assert steps([wiping("A1", 1), wiping("A1", 2), wiping("A1", 3)]) == [wiping("A1", 3)]


def test_ports_are_told_apart() -> None:
    told = [wiping("A1", 1), wiping("B1", 1), PortSnapshot("B1", PortPhase.FAILED), wiping("A1", 2), PortSnapshot("B1")]
    assert steps(told) == [wiping("B1", 1), PortSnapshot("B1", PortPhase.FAILED), wiping("A1", 2), PortSnapshot("B1")]


def test_nothing_told_is_nothing_shown() -> None:
    assert steps([]) == []
