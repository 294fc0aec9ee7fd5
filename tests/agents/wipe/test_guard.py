import fcntl
import os
from dataclasses import replace
from pathlib import Path

import pytest

from agents.config import PortConfig
from agents.identify.host import Host, Undeterminable
from agents.identify.identity import Identity
from agents.identify.sysfs import DeviceNumber
from agents.shell import blockdev
from agents.shell.blockdev import DeviceBusy, DeviceGone, ReadOnlyDevice
from agents.wipe.guard import Clearance, ClearanceSpent, IdentityChanged, NotAllowlisted, ScopeChanged, SystemDisk, clear
from fleet.contract.kinds import DeviceKind, MediaType
from fleet.contract.storage import StorageIdentity
from tests.sim.drives import Drive, quiet_host
from tests.sim.recorded import DEVICES, identity

USB_PORT = PortConfig(name="A1", id_path="pci-0000:00:14.0-usb-0:2:1.0-scsi-0:0:0:0")
USB_DRIVE = Identity(
    path=Path("/dev/sdb"),
    port="A1",
    kind=DeviceKind.DRIVE,
    storage=StorageIdentity(media=MediaType.HDD, model="WD5000", serial="WX12", capacity_bytes=1 << 30),
    read_only=False,
    diskseq=9,
    number=DeviceNumber(8, 16),
    id_path=USB_PORT.id_path,
)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A machine with an idle /dev/sdb."""
    host = quiet_host(tmp_path)
    disk = host.sys / "devices" / "usb1" / "block" / "sdb"
    (disk / "holders").mkdir(parents=True)
    (disk / "slaves").mkdir()
    (disk / "dev").write_text("8:16\n")
    (host.sys / "dev" / "block").mkdir(parents=True)
    (host.sys / "dev" / "block" / "8:16").symlink_to(disk)
    return host


def mounted(host: Host, line: str) -> Host:
    (host.proc / "self" / "mountinfo").write_text(line + "\n")
    return host


def test_an_idle_drive_at_its_port_is_cleared(host: Host) -> None:
    assert clear(USB_DRIVE, [USB_PORT], host).identity == USB_DRIVE


@pytest.mark.parametrize("id_path", [None, "pci-0000:00:17.0-ata-1.0"])
def test_a_drive_elsewhere_is_refused(host: Host, id_path: str | None) -> None:
    with pytest.raises(NotAllowlisted, match="declared port"):
        clear(replace(USB_DRIVE, id_path=id_path), [USB_PORT], host)


def test_an_undeclared_port_is_refused(host: Host) -> None:
    with pytest.raises(NotAllowlisted, match="there is no port A1"):
        clear(USB_DRIVE, [], host)


def test_a_real_drive_cannot_be_declared_as_a_virtual_port(host: Host) -> None:
    with pytest.raises(NotAllowlisted, match="id_path"):
        clear(USB_DRIVE, [PortConfig(name="A1", path=Path("/dev/sdb"))], host)


def test_a_virtual_port_is_good_for_its_own_file_only(drive: Drive, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"x")
    with pytest.raises(NotAllowlisted, match="stands for"):
        clear(drive.identity, [PortConfig(name="A1", path=tmp_path / "other")])


def test_a_mounted_drive_is_the_systems(host: Host) -> None:
    with pytest.raises(SystemDisk, match="mounted at /media/donor"):
        clear(USB_DRIVE, [USB_PORT], mounted(host, "36 35 8:16 / /media/donor rw - ext4 /dev/sdb rw"))


def test_what_cannot_be_determined_is_the_systems(host: Host) -> None:
    with pytest.raises(Undeterminable):
        clear(USB_DRIVE, [USB_PORT], mounted(host, "36 35 0:40 / / rw - zfs rpool/root rw"))
    (host.proc / "self" / "mountinfo").unlink()
    with pytest.raises(Undeterminable):
        clear(USB_DRIVE, [USB_PORT], host)


def test_a_read_only_drive_is_refused(host: Host) -> None:
    with pytest.raises(ReadOnlyDevice, match="write-protect"):
        clear(replace(USB_DRIVE, read_only=True), [USB_PORT], host)


class TestRedeeming:
    def test_once_only(self, drive: Drive) -> None:
        clearance = drive.clear()
        with clearance.redeem():
            pass
        with pytest.raises(ClearanceSpent), clearance.redeem():
            pass

    def test_the_device_is_locked_as_long_as_it_lasts(self, drive: Drive) -> None:
        with drive.clear().redeem(), drive.file.open("rb") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def test_a_device_that_another_program_locked_is_busy(self, drive: Drive, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(blockdev, "_LOCK_PATIENCE_S", 0.05)
        clearance = drive.clear()
        with drive.file.open("rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            with pytest.raises(DeviceBusy), clearance.redeem():
                pass

    def test_another_drive_that_took_its_place_is_refused(self, drive: Drive) -> None:
        clearance = drive.clear()
        os.truncate(drive.file, 4096)
        with pytest.raises(IdentityChanged, match="Nothing was touched"), clearance.redeem():
            pass

    def test_a_drive_that_was_plugged_in_anew_is_refused(self, drive: Drive) -> None:
        clearance = Clearance(replace(drive.identity, diskseq=41), drive.port, Host())
        with pytest.raises(IdentityChanged, match="plugging-in"), clearance.redeem():
            pass

    def test_the_same_size_and_name_but_another_serial_is_refused(self, drive: Drive) -> None:
        confirmed = drive.identity
        other = replace(confirmed, storage=confirmed.storage.model_copy(update={"serial": "V0000000001"}))
        with pytest.raises(IdentityChanged, match="storage"), Clearance(other, drive.port, Host()).redeem():
            pass

    def test_a_drive_that_left_is_gone(self, drive: Drive) -> None:
        clearance = drive.clear()
        drive.file.unlink()
        with pytest.raises(DeviceGone), clearance.redeem():
            pass

    def test_use_that_began_after_the_clearance_is_noticed(self, drive: Drive, tmp_path: Path) -> None:
        host = quiet_host(tmp_path / "host")
        clearance = clear(drive.identity, [drive.port], host)
        (host.proc / "swaps").write_text(f"Filename\tType\tSize\n{drive.file} file 1 0 -2\n")
        with pytest.raises(SystemDisk, match="swap"), clearance.redeem():
            pass


class TestScope:
    """What a method reaches beside the device itself: namespaces of the same controller, boot areas."""

    NODES = ("/dev/sdb", "/dev/nvme0n2")

    @pytest.fixture
    def neighbour(self, host: Host) -> Host:
        """The machine also has an idle nvme0n2."""
        disk = host.sys / "devices" / "nvme0" / "nvme0n2"
        (disk / "holders").mkdir(parents=True)
        (disk / "slaves").mkdir()
        (disk / "dev").write_text("259:2\n")
        (host.sys / "dev" / "block" / "259:2").symlink_to(disk)
        (host.sys / "block" / "nvme0n2").symlink_to(disk)
        return host

    def test_an_idle_neighbour_is_cleared_with_it(self, neighbour: Host) -> None:
        assert clear(USB_DRIVE, [USB_PORT], neighbour, scope=self.NODES).scope == self.NODES

    def test_a_mounted_neighbour_blocks_the_job(self, neighbour: Host) -> None:
        host = mounted(neighbour, "36 35 259:2 / /home rw - ext4 /dev/nvme0n2 rw")
        with pytest.raises(SystemDisk, match="/dev/nvme0n2 would be erased too: mounted at /home"):
            clear(USB_DRIVE, [USB_PORT], host, scope=self.NODES)
        assert clear(USB_DRIVE, [USB_PORT], host).scope == ()

    def test_a_neighbour_that_cannot_be_found_counts_as_used(self, neighbour: Host) -> None:
        (neighbour.sys / "block" / "nvme0n2").unlink()
        with pytest.raises(Undeterminable, match="/dev/nvme0n2 would be erased too"):
            clear(USB_DRIVE, [USB_PORT], neighbour, scope=self.NODES)

    @pytest.mark.parametrize("scope", [("/dev/nvme0n1",), ("/dev/nvme0n1", "/dev/nvme0n3"), ("/dev/nvme0n2",)])
    def test_a_namespace_that_came_since_the_plan_is_noticed(self, neighbour: Host, scope: tuple[str, ...]) -> None:
        two = identity(DEVICES / "samsung-pm1733-two-namespaces")
        with pytest.raises(ScopeChanged, match="plan anew"):
            clear(two, [USB_PORT], neighbour, scope=scope)

    def test_use_of_a_neighbour_that_began_after_the_clearance_is_noticed(self, drive: Drive, neighbour: Host) -> None:
        clearance = clear(drive.identity, [drive.port], neighbour, scope=(str(drive.file), "/dev/nvme0n2"))
        mounted(neighbour, "36 35 259:2 / /home rw - ext4 /dev/nvme0n2 rw")
        with pytest.raises(SystemDisk, match="would be erased too"), clearance.redeem():
            pass
