"""A drive's figures from smartctl's JSON, in the shapes of ATA, NVMe and SCSI drives."""

import json

import pytest

from agents.identify.machine.health import health
from fleet.contract.kinds import MediaType
from fleet.contract.storage import StorageIdentity

DISK = StorageIdentity(media=MediaType.HDD, model="WDC WD5000LPVX", serial="WD-WX1", capacity_bytes=500 << 30)


def attribute(number: int, value: int, string: str | None = None) -> dict[str, object]:
    return {"id": number, "name": "x", "raw": {"value": value, "string": string or str(value)}}


def test_an_ata_drives_attributes() -> None:
    table = [attribute(5, 65544, "8 (0 1)"), attribute(9, 100), attribute(197, 2), attribute(198, 1)]
    report = {"smart_status": {"passed": True}, "power_on_time": {"hours": 21034}, "temperature": {"current": 31}}
    found = health(DISK, json.dumps(report | {"ata_smart_attributes": {"revision": 16, "table": table}}))
    assert (found.passed, found.power_on_hours, found.temperature_c) == (True, 21034, 31)
    assert (found.reallocated_sectors, found.pending_sectors, found.uncorrectable_sectors) == (8, 2, 1)
    assert found.key == DISK.key


def test_an_nvme_drives_log() -> None:
    log = {"critical_warning": 0, "percentage_used": 103, "media_errors": 4}
    found = health(DISK, json.dumps({"smart_status": {"passed": True}, "nvme_smart_health_information_log": log}))
    assert (found.passed, found.percent_used, found.media_errors, found.reallocated_sectors) == (True, 103, 4, None)


def test_a_critical_warning_is_a_failure_whatever_the_summary_says() -> None:
    log = {"critical_warning": 4, "percentage_used": 3}
    assert health(DISK, json.dumps({"smart_status": {"passed": True}, "nvme_smart_health_information_log": log})).passed is False


def test_a_scsi_drives_counters() -> None:
    counters = {"read": {"total_uncorrected_errors": 2}, "write": {"total_uncorrected_errors": 1}}
    found = health(DISK, json.dumps({"scsi_grown_defect_list": 7, "scsi_error_counter_log": counters}))
    assert (found.passed, found.reallocated_sectors, found.uncorrectable_sectors) == (None, 7, 3)


@pytest.mark.parametrize("answer", ["", "{}", "[]", "no JSON", '{"smart_status": {"passed": "maybe so"}}'])
def test_a_drive_that_does_not_tell_has_not_passed(answer: str) -> None:
    found = health(DISK, answer)
    assert (found.passed, found.power_on_hours, found.reallocated_sectors) == (None, None, None)
