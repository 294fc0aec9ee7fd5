"""Finishing on real file systems: each claim is looked at with other means than those that made it."""

import subprocess
from pathlib import Path

import pytest

from agents.image.finish.edits import MakeLink, Node, NodeKind, Remove, WriteFile
from agents.image.finish.ext4 import EditNotThere, Ext4
from agents.image.finish.finish import finish_image
from agents.image.finish.linux import SystemIncomplete
from agents.image.finish.linux_disk import NamedByGuid
from agents.image.finish.preflight import FileSystemDiffers
from agents.image.finish.wishes import FinishReport, Wishes
from agents.image.partitions import PartitionAbsent
from agents.shell.blockdev import open_device
from fleet.contract.finishing import GrowPartition, MachineIdMode, NewGuids, SetHostName, SetLocale, SetMachineId
from fleet.contract.manifest import ImageManifest
from tests.agents.conftest import LoopMaker
from tests.agents.image.finish.disks import CODE, MIB, OLD_ID, SYSTEM, linux_disk, manifest

pytestmark = pytest.mark.process
AT = f"?offset={33 * MIB}"


def finish(disk: Path, wanted: ImageManifest) -> FinishReport:
    with open_device(disk, write=True) as device:
        return finish_image(device, wanted, Wishes(CODE))


def shown(disk: Path, path: str) -> bytes:
    return subprocess.run(["/sbin/debugfs", "-R", f"cat {path}", f"{disk}{AT}"], check=True, capture_output=True).stdout


def tidy(disk: Path, options: str = AT) -> None:
    checked = subprocess.run(["/sbin/e2fsck", "-f", "-n", f"{disk}{options}"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def guids(disk: Path) -> list[str]:
    told = subprocess.run(["/sbin/sgdisk", "-p", "-i", "1", "-i", "2", disk], capture_output=True, text=True, check=True).stdout
    return [line.split(": ")[1] for line in told.splitlines() if "unique GUID" in line or "identifier (GUID)" in line]


def blocks(disk: Path) -> int:
    told = subprocess.run(["/sbin/dumpe2fs", "-h", f"{disk}{AT}"], capture_output=True, text=True, check=True).stdout
    return next(int(line.split()[-1]) for line in told.splitlines() if line.startswith("Block count:"))


@pytest.mark.loop
def test_a_linux_image_becomes_this_device(tmp_path: Path) -> None:
    disk = linux_disk(tmp_path)
    old = guids(disk)

    report = finish(disk, manifest())

    tidy(disk)
    verified = subprocess.run(["/sbin/sgdisk", "--verify", disk], check=True, capture_output=True, text=True)
    assert "No problems found" in verified.stdout, verified.stdout
    assert disk.stat().st_size == 96 * MIB
    assert len(set(guids(disk)) | set(old)) == len(guids(disk)) + len(old)
    assert blocks(disk) * 4096 == (96 - 33 - 1) * MIB
    assert shown(disk, "/etc/hostname") == b"vc2r-1yd6\n"
    assert shown(disk, "/etc/hosts") == b"127.0.0.1\tlocalhost\n10.0.0.7\tprinter\n127.0.1.1\tvc2r-1yd6\n"
    assert shown(disk, "/etc/machine-id") == b""
    assert b"secret" not in shown(disk, "/etc/ssh/ssh_host_ed25519_key")
    assert shown(disk, "/etc/ssh/sshd_config") == SYSTEM["etc/ssh/sshd_config"]
    assert b'XKBLAYOUT="be"' in shown(disk, "/etc/default/keyboard")
    assert shown(disk, "/etc/default/locale") == b"LANG=nl_BE.UTF-8\n"
    assert Ext4(f"{disk}{AT}").node("/etc/localtime") == Node(NodeKind.LINK, 0o777, 0, 0, "/usr/share/zoneinfo/Europe/Brussels")
    assert b'"asset_code":"VC2R1YD6"' in shown(disk, "/etc/heropstart/profile.json")
    told = {(step.step, step.target): step for step in report.steps}
    assert ("new_guids", "disk") in told
    assert told["host_name", "/etc/hostname"].value == "vc2r-1yd6"
    assert told["grow_partition", "partition 2"].value == f"from {30 * MIB} to {62 * MIB} bytes"
    assert told["machine_id", "/var/lib/systemd/random-seed"].value == "removed"


def test_two_devices_differ(tmp_path: Path) -> None:
    steps = (NewGuids(), SetMachineId(partition=2, mode=MachineIdMode.RANDOM))
    seen = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        disk = linux_disk(tmp_path / name)
        finish(disk, manifest(finish=steps))
        seen |= {shown(disk, "/etc/machine-id"), *guids(disk)}
    assert len(seen) == 2 + 6
    assert OLD_ID not in seen


@pytest.mark.loop
def test_a_block_device_that_the_bench_holds(tmp_path: Path, loop_device: LoopMaker) -> None:
    disk = linux_disk(tmp_path)
    node = loop_device(disk)

    finish(node, manifest())

    subprocess.run(["losetup", "--detach", node], check=True)
    tidy(disk)
    assert blocks(disk) * 4096 == 62 * MIB
    assert shown(disk, "/etc/hostname") == b"vc2r-1yd6\n"
    left = subprocess.run(
        ["losetup", "--list", "--noheadings", "--output", "BACK-FILE"], capture_output=True, text=True, check=True
    )
    assert str(node) not in left.stdout


def test_a_disk_of_the_images_own_size_is_not_grown(tmp_path: Path) -> None:
    disk = linux_disk(tmp_path, 64 * MIB)
    report = finish(disk, manifest(finish=(GrowPartition(number=2),)))
    assert report.steps == ()
    tidy(disk)


@pytest.mark.parametrize(
    ("files", "steps", "error"),
    [
        (dict(SYSTEM) | {"etc/fstab": b"PARTUUID=0001 / ext4\n"}, (NewGuids(), SetHostName(partition=2)), NamedByGuid),
        (SYSTEM, (SetHostName(partition=1),), FileSystemDiffers),
        (SYSTEM, (SetHostName(partition=2), GrowPartition(number=3)), PartitionAbsent),
        (SYSTEM, (SetHostName(partition=2), SetLocale(partition=2, locale="de_BE.UTF-8")), SystemIncomplete),
        (SYSTEM, (SetHostName(partition=2), SetLocale(partition=2, time_zone="Europe/Paris")), SystemIncomplete),
    ],
)
def test_refused_before_anything_is_changed(tmp_path: Path, files: dict[str, bytes], steps: tuple, error: type) -> None:
    disk = linux_disk(tmp_path, files=files)
    before = disk.read_bytes()
    with pytest.raises(error):
        finish(disk, manifest(finish=steps))
    assert disk.read_bytes() == before


def test_an_edit_is_believed_only_when_read_back(tmp_path: Path) -> None:
    disk = linux_disk(tmp_path)
    system = Ext4(f"{disk}{AT}")
    for edit in (
        WriteFile("/etc/hostname", b"other\n"),
        WriteFile("/etc/hostname", b"golden\n", 0o600),
        MakeLink("/etc/hostname", "/etc/hosts"),
        Remove("/etc/hostname"),
    ):
        with pytest.raises(EditNotThere):
            system.prove(edit)
    with pytest.raises(EditNotThere):  # its folder is a file
        system.apply((WriteFile("/etc/hostname/under", b"x"),))
