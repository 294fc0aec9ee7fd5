"""A machine that a live stick started: its disks are one device, and whatever is not sure is refused before anything is wiped."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.bench import live, measuring
from agents.bench.live import DiskIncomplete, DrivesHidden, LiveDisk, NoDiskSeen, TwoDevices
from agents.bench.station import Station, open_station
from agents.config import BenchConfig
from agents.detect import monitor
from agents.detect.uevents import Action, Uevent
from agents.identify.identify import identify
from agents.journal import devices
from agents.journal.db import Journal
from agents.journal.devices import KnownDevice, Stage
from agents.report.delivery import deliver
from fleet.contract.bench import Recognised
from fleet.contract.hardware import HardwareReport
from fleet.contract.kinds import DeviceKind
from tests.sim.bench_service import BenchService

pytestmark = pytest.mark.process
REPORT = HardwareReport(
    taken_at=datetime(2026, 3, 1, tzinfo=UTC), kind=DeviceKind.LAPTOP, manufacturer="LENOVO", model="T480", serial="PF1"
)


@pytest.fixture
def station(config: BenchConfig, journal: Journal, enrolled: None) -> Iterator[Station]:  # noqa: ARG001 - of an enrolled stick
    with open_station(config, journal) as opened:
        yield opened


@pytest.fixture
def two(config: BenchConfig, plug: Callable[..., Path]) -> tuple[LiveDisk, ...]:
    """Two disks that are fitted in the machine."""
    return tuple(LiveDisk(path, identify(config.port(name), path), None, None) for name in ("A1", "A2") for path in (plug(name),))


def uevent(name: str, id_path: str | None, size: int = 1 << 30) -> Uevent:
    return Uevent(action=Action.ADD, path=Path("/dev") / name, id_path=id_path, diskseq=1, size_bytes=size, model=None)


def test_all_disks_of_a_new_machine_are_one_device(station: Station, two: tuple[LiveDisk, ...], service: BenchService) -> None:
    machine = live.receive_machine(station, REPORT, two)
    assert len({known.asset_code for known in machine}) == 1
    assert deliver(station.journal, station.client).error is None
    (received,) = [event.data for event in service.books.arrivals if event.data.type == "device.received"]
    assert (received.kind, received.serial, received.model) == (DeviceKind.LAPTOP, "PF1", "T480")
    assert {storage.key for storage in received.storages} == {disk.identity.storage.key for disk in two if disk.identity}


def test_started_again_it_is_the_same_device(station: Station, two: tuple[LiveDisk, ...]) -> None:
    first = live.receive_machine(station, REPORT, two)
    assert live.receive_machine(station, REPORT, two) == first


def told(service: BenchService, disk: LiveDisk, code: str, **changes: object) -> None:
    assert disk.identity is not None
    known = {"asset_code": code, "kind": DeviceKind.LAPTOP, "state": "wiped", "label_scanned": True} | changes
    service.books.devices[disk.identity.storage.key] = Recognised.model_validate(known)


def test_a_machine_that_the_service_knows_keeps_its_code(
    station: Station, two: tuple[LiveDisk, ...], service: BenchService
) -> None:
    told(service, two[1], "VC2R1YD6")
    machine = live.receive_machine(station, REPORT, two)
    assert {(known.asset_code, known.stage) for known in machine} == {("VC2R1YD6", Stage.SCANNED)}
    assert deliver(station.journal, station.client).sent == 0


def test_one_that_was_given_away_and_comes_back_is_received_again(
    station: Station, two: tuple[LiveDisk, ...], service: BenchService
) -> None:
    told(service, two[0], "VC2R1YD6", state="gifted")
    live.receive_machine(station, REPORT, two)
    deliver(station.journal, station.client)
    assert [event.data.asset_code for event in service.books.arrivals] == ["VC2R1YD6"]


def test_a_loose_drive_that_is_fitted_here_now_does_not_name_the_machine(
    station: Station, two: tuple[LiveDisk, ...], service: BenchService
) -> None:
    told(service, two[0], "VC2R1YD6", kind=DeviceKind.DRIVE)
    assert live.receive_machine(station, REPORT, two)[0].asset_code != "VC2R1YD6"


def test_disks_of_two_known_devices_stop_everything(station: Station, two: tuple[LiveDisk, ...], service: BenchService) -> None:
    told(service, two[0], "VC2R1YD6")
    told(service, two[1], "8YZABCD5")
    with pytest.raises(TwoDevices, match="VC2R1YD6, 8YZABCD5"):
        live.receive_machine(station, REPORT, two)


def test_what_stick_and_service_remember_must_agree(station: Station, two: tuple[LiveDisk, ...], service: BenchService) -> None:
    identity = two[0].identity
    assert identity is not None
    with station.journal.transaction() as tx:
        mine = KnownDevice(identity.storage, "8YZABCD5", DeviceKind.LAPTOP, Stage.SCANNED)
        devices.remember(tx, mine, datetime.now(UTC))
    told(service, two[1], "VC2R1YD6")
    with pytest.raises(TwoDevices):
        live.receive_machine(station, REPORT, two)


def test_a_disk_that_cannot_be_read_stops_everything(station: Station, two: tuple[LiveDisk, ...]) -> None:
    broken = replace(two[1], identity=None, refusal="it gives no serial")
    with pytest.raises(DiskIncomplete, match="gives no serial"):
        live.receive_machine(station, REPORT, (two[0], broken))


@pytest.mark.parametrize(
    ("name", "id_path", "fitted"),
    [
        ("nvme0n1", "pci-0000:01:00.0-nvme-1", True),
        ("sda", "pci-0000:00:17.0-ata-1", True),
        ("mmcblk0", "pci-0000:00:1e.4-platform-x", True),
        ("mmcblk0boot0", "pci-0000:00:1e.4-platform-x", False),
        ("sdb", "pci-0000:00:14.0-usb-0:2:1.0-scsi-0:0:0:0", False),
        ("sdc", "pci-0000:00:14.0-usbv3-0:2:1.0-scsi-0:0:0:0", False),
        ("sr0", "pci-0000:00:17.0-ata-2", False),
        ("loop0", None, False),
        ("zram0", None, False),
    ],
)
def test_what_belongs_to_the_machine(name: str, id_path: str | None, fitted: bool) -> None:
    assert measuring.is_fitted(uevent(name, id_path)) is fitted


def test_every_fitted_disk_gets_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = (uevent("sda", "pci-0000:00:17.0-ata-1"), uevent("nvme0n1", "pci-0000:01:00.0-nvme-1"), uevent("sr0", "pci-x"))
    monkeypatch.setattr(monitor, "attached", lambda: seen)
    ports = live.internal_ports(DeviceKind.LAPTOP)
    assert [(port.name, port.id_path) for port in ports] == [
        ("disk1", "pci-0000:01:00.0-nvme-1"),
        ("disk2", "pci-0000:00:17.0-ata-1"),
    ]


def test_no_disk_is_no_clean_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "attached", lambda: (uevent("sdb", "pci-0000:00:14.0-usb-0:2:1.0-scsi-0:0:0:0"),))
    with pytest.raises(NoDiskSeen, match="nothing is proven"):
        live.internal_ports(DeviceKind.LAPTOP)


def test_drives_behind_a_controller_stop_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "attached", lambda: (uevent("sda", "pci-0000:00:17.0-ata-1"),))
    monkeypatch.setattr(live, "hidden_drives", lambda: ("0000:00:17.0 hides 1 NVMe drives. Switch RST off.",))
    with pytest.raises(DrivesHidden, match="hides 1 NVMe"):
        live.internal_ports(DeviceKind.LAPTOP)


def test_a_disk_without_a_position_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "attached", lambda: (uevent("sda", None),))
    with pytest.raises(DiskIncomplete, match="/dev/sda"):
        live.internal_ports(DeviceKind.LAPTOP)
