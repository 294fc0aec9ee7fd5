"""What benches read and people saw of the devices of the test site: hardware, check-lists, drives that fail, a destruction."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from fleet.contract import events
from fleet.contract.hardware import (
    Battery,
    BootFirmware,
    CheckAnswer,
    CheckItem,
    HardwareReport,
    MemoryModule,
    Screen,
    StorageHealth,
)
from fleet.contract.kinds import DestructionMethod, DeviceKind, MediaType
from fleet.contract.storage import StorageIdentity
from fleet.destruction import service as destruction
from tests.fleet.destruction.pictures import jpeg

if TYPE_CHECKING:
    from tests.e2e.workshop_site import Hands

GIB = 1 << 30


def health(storage: StorageIdentity, **said: Any) -> StorageHealth:
    return StorageHealth(
        key=storage.key, model=storage.model, serial=storage.serial, capacity_bytes=storage.capacity_bytes or 1, **said
    )


def hardware(storage: StorageIdentity) -> HardwareReport:
    """A laptop of some years: a worn battery, a healthy drive."""
    return HardwareReport(
        taken_at=datetime.now(UTC),
        kind=DeviceKind.LAPTOP,
        manufacturer="LENOVO",
        model="ThinkPad T480",
        serial="PF1A2B3C",
        boot=BootFirmware.UEFI,
        architecture="x86_64",
        cpu="Intel Core i5-8350U",
        cpu_cores=4,
        cpu_threads=8,
        memory_bytes=16_541_454_336,
        memory=(
            MemoryModule(slot="ChannelA-DIMM0", size_bytes=8 * GIB, type="DDR4", speed_mts=2400),
            MemoryModule(slot="ChannelB-DIMM0", size_bytes=8 * GIB, type="DDR4", speed_mts=2400),
        ),
        storages=(health(storage, passed=True, power_on_hours=9_314, percent_used=11),),
        batteries=(
            Battery(name="BAT0", manufacturer="SMP", design=24_050, full=16_850, cycles=312),
            Battery(name="BAT1", manufacturer="SMP", design=23_940, full=21_100, cycles=140),
        ),
        screens=(Screen(connector="eDP-1", built_in=True, width_mm=309, height_mm=174, width_px=1920, height_px=1080),),
        keyboards=("AT Translated Set 2 keyboard",),
        cameras=("Integrated Camera",),
        networks=("wlan0 iwlwifi", "eth0 e1000e"),
        unread=("the serial of the second battery: the firmware gives none",),
    )


def checked(hands: "Hands") -> str:
    """A wiped laptop whose hardware was read, with its check-list filled in."""
    code, storage = hands.inspected()
    hands.send(hands.wire.wipe_started(code, storage), hands.wire.erased(code, storage))
    answers = dict.fromkeys(CheckItem, CheckAnswer.GOOD)
    answers |= {CheckItem.SPEAKERS: CheckAnswer.WORN, CheckItem.CAMERA: CheckAnswer.BROKEN}
    seen = events.DeviceChecked(asset_code=code, answers=answers, note="De linkse luidspreker kraakt een beetje.")
    hands.send(hands.wire.event(events.DeviceMeasured(asset_code=code, report=hardware(storage))), hands.wire.event(seen))
    return code


def loose_drive(hands: "Hands", storage: StorageIdentity, **said: Any) -> str:
    """A wiped loose drive, and what it says of itself."""
    code, wire = hands.code(), hands.wire
    hands.send(wire.received(code, storage), *wire.labelled(code), wire.inspected(code))
    hands.send(wire.wipe_started(code, storage), wire.erased(code, storage))
    report = HardwareReport(taken_at=datetime.now(UTC), kind=DeviceKind.DRIVE, storages=(health(storage, **said),))
    hands.send(wire.event(events.DeviceMeasured(asset_code=code, report=report)))
    return code


def healthy_drive(hands: "Hands") -> str:
    hands.drawn += 1
    size = 250_059_350_016
    ssd = StorageIdentity(
        media=MediaType.SATA_SSD, model="Samsung SSD 860 EVO", serial=f"S3YJNB0K{hands.drawn:05}", capacity_bytes=size
    )
    return loose_drive(hands, ssd, passed=True, power_on_hours=6_210, percent_used=4)


def failing_drive(hands: "Hands") -> tuple[str, StorageIdentity]:
    hands.drawn += 1
    size = 500_107_862_016
    disk = StorageIdentity(media=MediaType.HDD, model="WDC WD5000LPCX", serial=f"WX11A{hands.drawn:05}", capacity_bytes=size)
    told = {"reallocated_sectors": 112, "pending_sectors": 8, "power_on_hours": 48_211}
    return loose_drive(hands, disk, passed=False, **told), disk


def destroyed(hands: "Hands") -> UUID:
    """A drive that was drilled through; its record waits for a witness."""
    code, storage = failing_drive(hands)
    now = datetime.now(UTC)
    told = destruction.Told(uuid4(), (storage.key,), DestructionMethod.PULVERIZE, "Ze begeeft het", "Werkplaats", now, jpeg())
    with hands.unit() as session:
        return destruction.record(session, hands.people["mo"], code, told).row.id
