"""A drive's health, from `smartctl --json -x`: the figures that foretell a failure.

Attributes 5, 187, 197 and 198 are those whose raw values were found to go with failures (Backblaze, "SMART hard drive stats").
"""

import re
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fleet.contract.hardware import StorageHealth
from fleet.contract.storage import StorageIdentity

_REALLOCATED: Final = 5
_REPORTED: Final = 187
_PENDING: Final = 197
_OFFLINE: Final = 198
_LARGEST: Final = 2**53
_NUMBER: Final = re.compile(r"\d+")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Raw(_Part):
    value: int
    string: str = ""

    @property
    def count(self) -> int:
        """How smartctl itself reads the six raw bytes: makers put other figures into the high ones ("0 (1 2)")."""
        first = _NUMBER.match(self.string)
        return int(first[0]) if first else self.value


class _Attribute(_Part):
    id: int
    raw: _Raw


class _Table(_Part):
    table: tuple[_Attribute, ...] = ()


class _Status(_Part):
    passed: bool | None = None


class _Hours(_Part):
    hours: int | None = None


class _Temperature(_Part):
    current: int | None = None


class _NvmeLog(_Part):
    percentage_used: int | None = None
    media_errors: int | None = None
    critical_warning: int | None = None


class _ScsiCounter(_Part):
    total_uncorrected_errors: int | None = None


class _Report(_Part):
    smart_status: _Status = _Status()
    power_on_time: _Hours = _Hours()
    temperature: _Temperature = _Temperature()
    attributes: _Table = Field(default=_Table(), alias="ata_smart_attributes")
    nvme: _NvmeLog = Field(default=_NvmeLog(), alias="nvme_smart_health_information_log")
    grown_defects: int | None = Field(default=None, alias="scsi_grown_defect_list")
    scsi_errors: dict[str, _ScsiCounter] = Field(default_factory=dict, alias="scsi_error_counter_log")


def health(storage: StorageIdentity, answer: str) -> StorageHealth:
    """What a drive says of itself; a report that cannot be read says nothing, and that is no pass."""
    try:
        report = _Report.model_validate_json(answer)
    except ValidationError:
        report = _Report()
    raw = {attribute.id: attribute.raw.count for attribute in report.attributes.table}
    reallocated = raw.get(_REALLOCATED, report.grown_defects)
    return StorageHealth(
        key=storage.key,
        model=storage.model,
        serial=storage.serial,
        capacity_bytes=storage.capacity_bytes,
        passed=_passed(report),
        reallocated_sectors=_count(reallocated),
        pending_sectors=_count(raw.get(_PENDING)),
        uncorrectable_sectors=_count(raw.get(_OFFLINE, raw.get(_REPORTED, _scsi(report)))),
        media_errors=_count(report.nvme.media_errors),
        power_on_hours=_count(report.power_on_time.hours),
        percent_used=report.nvme.percentage_used,
        temperature_c=report.temperature.current or None,
    )


def _passed(report: _Report) -> bool | None:
    """A critical warning of an NVMe drive is a failure, whatever the summary says."""
    return False if report.nvme.critical_warning else report.smart_status.passed


def _scsi(report: _Report) -> int | None:
    counts = [log.total_uncorrected_errors for log in report.scsi_errors.values()]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _count(value: int | None) -> int | None:
    """A count that can be one."""
    return value if value is not None and 0 <= value < _LARGEST else None
