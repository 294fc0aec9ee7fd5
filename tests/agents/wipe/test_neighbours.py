"""Namespaces beside the one at the port: an erase that leaves one out is found, whatever the firmware says of itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agents.shell.blockdev import DeviceBusy, open_device
from agents.shell.progress import ignore
from agents.wipe import runner
from agents.wipe.neighbours import Neighbours, neighbour_nodes
from agents.wipe.plan import WipePlan
from agents.wipe.result import Reached, WipeResult
from agents.wipe.sampling import new_seed
from fleet.contract.kinds import Method, Verdict
from tests.sim.drives import Drive, Memory
from tests.sim.firmware import Firmware, to_zeros
from tests.sim.firmware_jobs import planned, resumed

SIZE = 3 << 20


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A second namespace full of old data."""
    path = tmp_path / "n2.img"
    path.write_bytes(b"old data" * (SIZE // 8))
    monkeypatch.setattr(runner, "neighbour_nodes", lambda _plan: (str(path),))
    return path


def wipe(drive: Drive, memory: Memory) -> WipeResult:
    return runner.run(planned(drive, Method.NVME_FORMAT_USER_DATA), drive.clear(), hooks=memory)


def both(*files: Path) -> Callable[[Path], None]:
    def erase(file: Path) -> None:
        for each in (file, *files):
            to_zeros(each)

    return erase


def test_both_erased_is_erased_and_says_so(drive: Drive, chip: Firmware, memory: Memory, other: Path) -> None:
    chip.erase = both(other)
    result = wipe(drive, memory)
    assert (result.verdict, result.reason) == (Verdict.ERASED, None)
    assert f"{other}: " in result.logs["namespaces erased along"]
    assert "0 unchanged, 0 canaries found" in result.logs["namespaces erased along"]


def test_one_left_out_is_found(drive: Drive, chip: Firmware, memory: Memory, other: Path) -> None:
    chip.erase = to_zeros
    result = wipe(drive, memory)
    assert (result.verdict, result.medium_failure) == (Verdict.FAILED, True)
    assert f"{other} was not erased along" in str(result.reason)


def test_after_a_restart_it_is_still_found(drive: Drive, chip: Firmware, memory: Memory, other: Path) -> None:
    chip.erase = to_zeros
    wipe(drive, memory)
    again = runner.run(
        planned(drive, Method.NVME_FORMAT_USER_DATA), drive.clear(), hooks=Memory(), resume=resumed(memory, Reached.VERIFYING)
    )
    assert again.verdict is Verdict.FAILED
    assert f"{other} was not erased along" in str(again.reason)


def test_one_that_bore_no_canary_leaves_it_unknown(
    drive: Drive,
    chip: Firmware,
    memory: Memory,
    other: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chip.erase = both(other)
    wipe(drive, memory)
    third = tmp_path / "n3.img"
    third.write_bytes(bytes(SIZE))
    monkeypatch.setattr(runner, "neighbour_nodes", lambda _plan: (str(other), str(third)))
    again = runner.run(
        planned(drive, Method.NVME_FORMAT_USER_DATA), drive.clear(), hooks=Memory(), resume=resumed(memory, Reached.VERIFYING)
    )
    assert again.verdict is Verdict.UNKNOWN
    assert "another namespace" in str(again.reason)


def test_one_in_use_stops_the_job_before_anything_is_touched(
    drive: Drive,
    chip: Firmware,
    memory: Memory,
    other: Path,
) -> None:
    before = drive.file.read_bytes()
    with open_device(other, write=True), pytest.raises(DeviceBusy):
        wipe(drive, memory)
    assert (memory.said, chip.told, drive.file.read_bytes()) == ([], [], before)


@pytest.mark.usefixtures("chip")
def test_namespaces_have_samples_of_their_own(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("n2.img", "n3.img")]
    for file in files:
        file.write_bytes(bytes(SIZE))
    with open_device(files[0], write=True) as one, open_device(files[1], write=True) as two:
        planted = Neighbours((one, two), ignore).plant(new_seed(), lambda: False)
    assert planted.fingerprints is not None
    assert len(set(planted.fingerprints.values())) == len(files)
    assert files[0].read_bytes() != files[1].read_bytes()


def test_only_namespaces_are_neighbours(drive: Drive) -> None:
    plan: WipePlan = replace(planned(drive), path="/dev/nvme0n1", scope=("/dev/nvme0n1", "/dev/nvme0n2"))
    assert neighbour_nodes(plan) == ("/dev/nvme0n2",)
    areas = replace(plan, method=Method.EMMC_SECURE_ERASE, path="/dev/mmcblk0", scope=("/dev/mmcblk0", "/dev/mmcblk0boot0"))
    assert neighbour_nodes(areas) == ()
