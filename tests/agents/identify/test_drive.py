"""Recorded devices (tests/data/devices) and what must be made of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.identify import lsblk, smartctl
from agents.identify.drive import NoMedium, NotDistinguishable, Readings, storage_identity
from agents.identify.lsblk import LsblkUnreadable
from fleet.contract.kinds import MediaType
from fleet.contract.storage import StorageIdentity
from tests.sim.recorded import FOLDERS, readings


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_recorded_devices_are_identified(folder: Path) -> None:
    expected = StorageIdentity.model_validate_json((folder / "expected.json").read_text())
    assert storage_identity(readings(folder.name)) == expected


def with_serials(name: str, serial: str | None) -> Readings:
    read = readings(name)
    return replace(
        read,
        row=read.row.model_copy(update={"serial": serial, "wwn": None}),
        smart=smartctl.Smart(),
        kernel_wwn=None,
        kernel_serial=serial,
    )


@pytest.mark.parametrize(
    "serial", [None, "", "   ", "0123456789ABCDEF", "000000000000", "00000000000123456789", "FFFFFFFF", "1", "N/A"]
)
def test_a_drive_without_a_serial_of_its_own_is_refused(serial: str | None) -> None:
    with pytest.raises(NotDistinguishable, match="Connect it without the dock"):
        storage_identity(with_serials("qemu-uas-dock", serial))


def test_a_wwn_is_enough_without_a_serial() -> None:
    read = replace(with_serials("qemu-sata-hdd", "000000000000"), kernel_wwn="naa.5000c500a1b2c3d4")
    identity = storage_identity(read)
    assert identity.key == "wwn:0x5000c500a1b2c3d4"
    assert identity.serial == "0x5000c500a1b2c3d4"


def test_the_same_drive_has_the_same_key_whoever_tells_its_wwn() -> None:
    read = readings("qemu-sata-hdd")
    without_smart = replace(read, smart=smartctl.Smart())
    without_udev = replace(without_smart, row=read.row.model_copy(update={"wwn": None}))
    assert {storage_identity(each).key for each in (read, without_smart, without_udev)} == {"wwn:0x5000c500a1b2c3d4"}


def test_a_drive_behind_a_bridge_is_named_by_the_drive() -> None:
    dock = readings("qemu-uas-dock")
    docked = replace(dock, smart=readings("qemu-sata-hdd").smart)
    identity = storage_identity(docked)
    assert (identity.model, identity.serial, identity.bridge) == ("HEROPSTART-SATA", "QSATA42", "46f4:0003")
    assert identity.media is MediaType.USB_BRIDGE


def test_an_empty_reader_is_told_from_a_drive() -> None:
    read = readings("qemu-usb-stick")
    with pytest.raises(NoMedium, match="Put the card in"):
        storage_identity(replace(read, row=read.row.model_copy(update={"size": 0})))


@pytest.mark.parametrize("text", ["", "{}", '{"blockdevices": []}', '{"blockdevices": [{"name": "sda"}]}'])
def test_an_unreadable_listing_is_an_error_that_says_what_to_do(text: str) -> None:
    with pytest.raises(LsblkUnreadable, match="Reseat it"):
        lsblk.parse(text)


@pytest.mark.parametrize("text", ["", "smartctl 6.6", "[]", '{"temperature": {"current": "hot"}}'])
def test_an_unreadable_smart_report_is_one_that_says_nothing(text: str) -> None:
    report = smartctl.parse(text)
    assert (report.answers, report.wwn, report.temperature_c) == (False, None, None)
    assert "smartctl" in report.note


def test_smart_tells_temperature_and_health() -> None:
    report = readings("qemu-sata-hdd").smart
    assert (report.temperature_c, report.note) == (31, "health passed, protocol ATA")
    assert readings("qemu-scsi").smart.temperature_c is None
