"""A Windows image, finished on a real NTFS: the answer file byte for byte, the recovery partition kept."""

import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from agents.errors import AgentError
from agents.image.finish import windows_disk as room
from agents.image.finish.finish import finish_image
from agents.image.finish.ntfs import Ntfs, NtfsFileDiffers
from agents.image.finish.wishes import FinishReport, Wishes
from agents.image.partitions import PartitionNotLast
from agents.shell.blockdev import open_device
from fleet.contract.finishing import FileSystem, GrowPartition, Unattend
from fleet.contract.kinds import Presence
from fleet.contract.manifest import ImageManifest
from tests.agents.image.finish.disks import CODE, MIB, attached, windows_disk, windows_manifest

pytestmark = [pytest.mark.loop, pytest.mark.process]
STEP = Unattend(partition=3, recovery=4)
NAMES = {"u": "urn:schemas-microsoft-com:unattend"}


def finish(disk: Path, wanted: ImageManifest) -> FinishReport:
    with open_device(disk, write=True) as device:
        return finish_image(device, wanted, Wishes(CODE, Presence.YES, "3V66T"))


def answer(disk: Path, first: int, length: int) -> bytes:
    with attached(disk, first * MIB, length * MIB) as node:
        command = ["ntfscat", "--force", node, "/Windows/Panther/unattend.xml"]
        return subprocess.run(command, check=True, capture_output=True).stdout


def test_the_answer_file_is_written_and_recovery_kept(tmp_path: Path) -> None:
    disk = windows_disk(tmp_path)
    recovery = disk.read_bytes()[56 * MIB : 60 * MIB]

    report = finish(disk, windows_manifest(finish=(STEP,)))

    root = ET.fromstring(answer(disk, 20, 36))  # noqa: S314 - our own
    assert [found.text for found in root.iterfind(".//u:ComputerName", NAMES)] == ["VC2R1YD6"]
    assert [found.text for found in root.iterfind(".//u:InputLocale", NAMES)] == ["0813:00000813"]
    assert disk.read_bytes()[56 * MIB : 60 * MIB] == recovery
    told = [(step.step, step.target) for step in report.steps]
    assert told == [("licence", "firmware"), ("unattend", room.PATH), ("unattend", "partition 4")]
    assert report.steps[0].value == "Windows 11 Pro: firmware_key; firmware key ending in 3V66T"


def test_c_grows_where_recovery_lies_before_it(tmp_path: Path) -> None:
    disk = windows_disk(tmp_path, recovery_last=False)
    finish(disk, windows_manifest(finish=(STEP, GrowPartition(number=3, file_system=FileSystem.NTFS))))
    with attached(disk, 24 * MIB, 71 * MIB) as node:
        told = subprocess.run(["/sbin/ntfsresize", "-f", "-i", node], check=True, capture_output=True, text=True).stdout
    size = next(line for line in told.splitlines() if line.startswith("Current volume size"))
    assert abs(int(size.split()[3]) - 71 * MIB) <= 4096
    assert b"VC2R1YD6" in answer(disk, 24, 71)


@pytest.mark.parametrize(
    ("steps", "error"),
    [
        ((STEP, GrowPartition(number=3, file_system=FileSystem.NTFS)), PartitionNotLast),
        ((Unattend(partition=3, recovery=2),), room.RecoveryLost),
    ],
)
def test_refused_before_anything_is_changed(tmp_path: Path, steps: tuple, error: type[AgentError]) -> None:
    disk = windows_disk(tmp_path)
    before = disk.read_bytes()
    with pytest.raises(error):
        finish(disk, windows_manifest(finish=steps))
    assert disk.read_bytes() == before


def test_another_byte_is_seen(tmp_path: Path) -> None:
    disk = windows_disk(tmp_path)
    with attached(disk, 20 * MIB, 36 * MIB) as node:
        Ntfs(str(node)).write(room.PATH, b"one")
        with pytest.raises(NtfsFileDiffers):
            Ntfs(str(node)).prove(room.PATH, b"two")


def test_a_recovery_partition_that_was_changed_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = windows_disk(tmp_path)

    def slip(self: Ntfs, path: str, data: bytes) -> None:
        with disk.open("r+b") as file:
            file.seek(58 * MIB)
            file.write(b"slipped")
        genuine(self, path, data)

    genuine = Ntfs.write
    monkeypatch.setattr(Ntfs, "write", slip)
    with pytest.raises(room.RecoveryLost):
        finish(disk, windows_manifest(finish=(STEP,)))
