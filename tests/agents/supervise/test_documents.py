"""What agent and job process hand each other comes back equal, for every recorded drive."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from agents.config import PortConfig
from agents.errors import AgentError, Failed, Refused, Unknown
from agents.identify.identity import Identity
from agents.identify.sysfs import DeviceNumber
from agents.shell.blockdev import DeviceBusy, DeviceGone
from agents.shell.progress import Phase, Progress
from agents.supervise.documents import Ended, Order, Run, trouble_of
from agents.supervise.files import JobFileBroken, JobFiles, Wish
from agents.wipe import plan_file
from agents.wipe.plan import plans
from agents.wipe.result import Span, WipeResult
from fleet.contract.certificate import CommandRecord, Sampling
from fleet.contract.kinds import IoMode, Verdict
from tests.sim.recorded import FOLDERS, identity

MOMENT = datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)
RECORDED = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    (tmp_path / "jobs").mkdir()
    return JobFiles(tmp_path, uuid4())


def result_of(identity: Identity) -> WipeResult | None:
    """A run with something in each of its fields."""
    possible = plans(identity)
    if not possible:
        return None
    return WipeResult(
        plan=possible[0],
        verdict=Verdict.ERASED,
        reason=None,
        medium_failure=False,
        bytes_written=1,
        bytes_verified=2,
        mismatched_bytes=3,
        io_mode=IoMode.DIRECT,
        written=Span(MOMENT, MOMENT),
        verified=Span(MOMENT, MOMENT),
        errors=("I/O error at byte 7",),
        highest_temperature_c=41,
        log=("one", "two"),
        commands=(CommandRecord(argv=("nvme", "sanitize"), exit_code=0, output="done"),),
        sampling=Sampling(sections=1, samples=4, sample_bytes=512, unchanged_samples=0, canaries_planted=4, canaries_found=0),
        sample_seed="00ff",
        logs={"sanitize-log": "{}"},
        interruptions=2,
    )


@RECORDED
def test_every_plan_comes_back_equal(folder: Path) -> None:
    for wanted in plans(identity(folder)):
        assert plan_file.from_json(plan_file.to_json(wanted)) == wanted


def test_another_versions_plan_is_refused() -> None:
    with pytest.raises(plan_file.PlanUnreadable, match="Wipe the device anew"):
        plan_file.from_json('{"path": "/dev/sdb"}')


@RECORDED
def test_a_run_comes_back_equal_with_what_was_read_of_its_drive(folder: Path, files: JobFiles) -> None:
    read = identity(folder)
    result = result_of(read)
    if result is None:
        return
    files.write_end(Ended(run=Run(result, read)))
    back = files.end()
    assert back == Ended(run=Run(result, read))
    assert back.run is not None
    assert (back.run.identity.evidence, back.run.identity.capabilities) == (read.evidence, read.capabilities)


@pytest.mark.parametrize("error", [DeviceGone(), DeviceBusy("busy"), Failed("it broke"), Unknown("who knows"), AgentError("x")])
def test_an_error_is_raised_again_as_what_it_was(error: AgentError, files: JobFiles) -> None:
    files.write_end(Ended(no_run=trouble_of(error)))
    end = files.end()
    assert end is not None
    assert end.no_run is not None
    raised = end.no_run.error()
    assert str(raised) == str(error)
    kinds = (DeviceGone, Refused, Unknown, Failed)
    assert [isinstance(raised, kind) for kind in kinds[:3]] == [isinstance(error, kind) for kind in kinds[:3]]


def test_an_order_ends_the_wishes_of_the_process_before(files: JobFiles) -> None:
    files.tell(Wish.STOP)
    files.show(Progress(Phase.WRITE, 1, 2))
    order = Order(PortConfig(name="A1", path=Path("/var/tmp/a.img")), 7, DeviceNumber(8, 16))  # noqa: S108 - only a name
    files.write_order(order)
    assert files.order() == order
    assert not files.told(Wish.STOP)
    assert files.progress() is None


def test_progress_is_replaced_and_the_samples_are_kept(files: JobFiles) -> None:
    assert files.samples() is None
    files.write_samples(b"\x00\xff")
    assert files.samples() == b"\x00\xff"
    shown = Progress(Phase.VERIFY, 3, 4, 1.5, None)
    files.show(replace(shown, done_bytes=2))
    files.show(shown)
    assert files.progress() == shown


def test_a_torn_last_word_is_told(files: JobFiles) -> None:
    files.write_end(Ended())
    (path,) = files.folder.glob("*.end")
    path.write_bytes(b'{"run": {"result"')
    with pytest.raises(JobFileBroken, match="end"):
        files.end()


def test_nothing_is_left_of_a_settled_job(files: JobFiles) -> None:
    files.write_end(Ended())
    files.write_samples(b"x")
    files.log.touch()
    files.remove()
    assert not list(files.folder.iterdir())
