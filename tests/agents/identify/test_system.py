"""Recorded machines: sysfs and proc trees as the kernel lays them out, with a donated /dev/sdb (8:16) and its partition."""

from pathlib import Path

import pytest

from agents.identify.host import Host, Undeterminable
from agents.identify.sysfs import DeviceNumber
from agents.identify.system import uses_of_block, uses_of_file

SDB = DeviceNumber(8, 16)


class Machine:
    """Lays out what the kernel would show."""

    def __init__(self, root: Path) -> None:
        self.host = Host(root / "sys", root / "proc", root / "dev")
        for folder in ("dev/block", "block", "fs/btrfs"):
            (self.host.sys / folder).mkdir(parents=True)
        (self.host.proc / "self").mkdir(parents=True)
        self.mounts("")
        self.swaps()
        (self.host.proc / "filesystems").write_text("nodev\tproc\nnodev\toverlay\nnodev\tzfs\n\text4\n\tbtrfs\n")
        self.disk("sdb", "8:16")
        self.partition("sdb", "sdb1", "8:17")

    def disk(self, name: str, number: str, *, slaves: tuple[str, ...] = ()) -> None:
        folder = self.host.sys / "devices" / name
        self._node(folder, number)
        (folder / "slaves").mkdir()
        (self.host.sys / "block" / name).symlink_to(folder)
        for slave in slaves:
            below = next(self.host.sys.glob(f"devices/**/{slave}"))
            (folder / "slaves" / slave).symlink_to(below)
            (below / "holders" / name).symlink_to(folder)

    def partition(self, disk: str, name: str, number: str) -> None:
        folder = self.host.sys / "devices" / disk / name
        self._node(folder, number)
        (folder / "partition").write_text("1\n")

    def mounts(self, *lines: str) -> None:
        (self.host.proc / "self" / "mountinfo").write_text("".join(f"{line}\n" for line in lines if line))

    def swaps(self, *lines: str) -> None:
        (self.host.proc / "swaps").write_text("Filename\tType\tSize\tUsed\tPriority\n" + "".join(f"{line}\n" for line in lines))

    def _node(self, folder: Path, number: str) -> None:
        (folder / "holders").mkdir(parents=True)
        (folder / "dev").write_text(f"{number}\n")
        (self.host.sys / "dev" / "block" / number).symlink_to(folder)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_an_idle_disk_has_no_uses(machine: Machine) -> None:
    machine.disk("sda", "8:0")
    machine.mounts(
        "22 1 8:0 / / rw - ext4 /dev/sda rw", "23 22 0:4 / /proc rw - proc proc rw", "24 22 0:9 / /o rw - overlay overlay rw"
    )
    assert uses_of_block(SDB, machine.host) == ()
    assert uses_of_block(DeviceNumber(8, 0), machine.host) == ("mounted at /",)


def test_a_mounted_partition_makes_its_disk_used(machine: Machine) -> None:
    machine.mounts(r"22 1 8:17 / /media/old\040data rw - ext4 /dev/sdb1 rw")
    assert uses_of_block(SDB, machine.host) == ("mounted at /media/old data",)


def test_a_mount_in_the_first_process_namespace_counts(machine: Machine) -> None:
    (machine.host.proc / "1").mkdir()
    (machine.host.proc / "1" / "mountinfo").write_text("22 1 8:17 / /data rw - ext4 /dev/sdb1 rw\n")
    assert uses_of_block(SDB, machine.host) == ("mounted at /data",)


def test_lvm_on_luks_on_a_partition_is_followed_down(machine: Machine) -> None:
    machine.disk("dm-0", "253:0", slaves=("sdb1",))
    machine.disk("dm-1", "253:1", slaves=("dm-0",))
    machine.mounts("22 1 253:1 / / rw - ext4 /dev/mapper/vg-root rw")
    assert uses_of_block(SDB, machine.host) == ("mounted at /", "sdb1 is held by dm-0")


def test_an_assembled_array_is_a_use_even_when_nothing_is_mounted(machine: Machine) -> None:
    machine.disk("md0", "9:0", slaves=("sdb",))
    assert uses_of_block(SDB, machine.host) == ("sdb is held by md0",)


def test_every_member_of_a_mounted_btrfs_is_used(machine: Machine) -> None:
    members = machine.host.sys / "fs" / "btrfs" / "0c7a" / "devices"
    members.mkdir(parents=True)
    (members / "sdb1").symlink_to(machine.host.sys / "dev" / "block" / "8:17")
    machine.disk("sda", "8:0")
    machine.mounts("22 1 0:33 / / rw - overlay overlay rw")
    assert uses_of_block(SDB, machine.host) == ("member of the mounted btrfs 0c7a",)


def test_a_swap_file_is_found_again(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "swap file"
    file.write_bytes(b"s")
    machine.swaps(f"{str(file).replace(' ', chr(92) + '040')} file 1024 0 -2")
    assert uses_of_file(file, machine.host) == ("swap file of this machine",)


@pytest.mark.parametrize(
    "line", ["22 1 0:33 / / rw - zfs rpool/root rw", "22 1 0:33 / /b rw - bcachefs none rw", "22 1 0:33 / /x rw - exfat what rw"]
)
def test_a_file_system_whose_disks_are_not_known_stops_everything(machine: Machine, line: str) -> None:
    machine.mounts(line)
    with pytest.raises(Undeterminable, match="its disks are not known"):
        uses_of_block(SDB, machine.host)


def test_swap_that_cannot_be_found_stops_everything(machine: Machine) -> None:
    machine.swaps("/dev/none partition 1024 0 -2")
    with pytest.raises(Undeterminable, match="swap /dev/none"):
        uses_of_block(SDB, machine.host)


@pytest.mark.parametrize(
    "missing", ["proc/self/mountinfo", "proc/swaps", "proc/filesystems", "sys/dev/block/8:16", "sys/devices/sdb/dev"]
)
def test_what_cannot_be_read_stops_everything(machine: Machine, tmp_path: Path, missing: str) -> None:
    machine.mounts("22 1 8:17 / /x rw - ext4 /dev/sdb1 rw")
    (tmp_path / missing).unlink()
    with pytest.raises(Undeterminable):
        uses_of_block(SDB, machine.host)


def test_a_mounted_disk_that_was_pulled_does_not_block_the_others(machine: Machine) -> None:
    machine.mounts("22 1 8:48 / /media/gone rw - vfat /dev/sdd rw")
    assert uses_of_block(SDB, machine.host) == ()


def test_a_loop_device_that_only_root_may_ask_stops_everything(machine: Machine) -> None:
    machine.disk("loop0", "7:0")
    backing = machine.host.sys / "devices" / "loop0" / "loop"
    backing.mkdir()
    (backing / "backing_file").write_text("/srv/image\n")
    with pytest.raises(Undeterminable, match="loop0"):
        uses_of_block(SDB, machine.host)
