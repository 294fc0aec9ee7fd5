"""A suggested grade A to D, from what was read and what people saw. Pure; people decide.

Each finding allows a grade at best; the worst finding counts, and every one is named. The thresholds:

- Battery: 80 % of its design is what makers promise for the first years; below 40 % a laptop hardly leaves its charger.
- Drive: any reallocated, pending or uncorrectable sector goes with failures (Backblaze, "SMART hard drive stats"); pending and
  uncorrectable ones mean data that cannot be read now, so the drive is to be replaced.
- NVMe endurance (NVM Express Base Specification, SMART / Health log): 100 % used is what the maker rated it for.
- Memory: Windows 11 and current Linux desktops ask for 4 GiB; with 8 GiB a browser and an office suite run side by side.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fleet.contract.hardware import CheckAnswer, CheckItem, HardwareReport, StorageHealth, items_for
from fleet.contract.kinds import DeviceKind, VisualResult

GIB: Final = 1 << 30
_MODULE_ROUNDING: Final = 0.9
"""The kernel sees up to a tenth less than what is fitted: the firmware and the graphics keep some."""


class Grade(StrEnum):
    """How good a device is: A like new, B used, C worn or limited, D only after repair."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class Finding(StrEnum):
    """What lowers a grade, or keeps one from being given."""

    LOOKS_DAMAGED = "looks_damaged"
    LOOKS_SCRAP = "looks_scrap"
    BATTERY_WORN = "battery_worn"
    BATTERY_WEAK = "battery_weak"
    BATTERY_BAD = "battery_bad"
    DRIVE_FAILED = "drive_failed"
    DRIVE_UNREADABLE = "drive_unreadable_sectors"
    DRIVE_REALLOCATED = "drive_reallocated_sectors"
    DRIVE_OLD = "drive_many_hours"
    DRIVE_WORN = "drive_endurance_low"
    DRIVE_WORN_OUT = "drive_endurance_over"
    MEMORY_SMALL = "memory_small"
    MEMORY_TOO_SMALL = "memory_too_small"
    ITEM_WORN = "item_worn"
    ITEM_BROKEN = "item_broken"
    ITEM_MISSING = "item_missing"


class Lacking(StrEnum):
    """Why there is no grade yet."""

    NOT_ERASED = "not_erased"
    SET_APART = "set_apart"
    NOT_INSPECTED = "not_inspected"
    NOT_MEASURED = "not_measured"
    NOT_CHECKED = "not_checked"
    UNSAFE = "electrically_unsafe"


@dataclass(frozen=True)
class Reason:
    """A finding, what it is about, and the best grade that it allows."""

    finding: Finding
    at_best: Grade
    about: str = ""


@dataclass(frozen=True)
class Known:
    """Everything the suggestion is made from. `erased` and `set_apart` are the gates: locks and data go before looks."""

    kind: DeviceKind
    erased: bool
    set_apart: bool
    visual: VisualResult | None = None
    report: HardwareReport | None = None
    answers: Mapping[CheckItem, CheckAnswer] | None = None


@dataclass(frozen=True)
class Suggestion:
    """The grade with its reasons; None with what is lacking."""

    grade: Grade | None
    reasons: tuple[Reason, ...]
    lacking: tuple[Lacking, ...]


_COMPUTERS: Final = frozenset(
    {DeviceKind.LAPTOP, DeviceKind.DESKTOP, DeviceKind.ALL_IN_ONE, DeviceKind.CHROMEBOOK, DeviceKind.MAC}
)
_MEASURED: Final = _COMPUTERS | {DeviceKind.DRIVE}
"""Kinds that an agent can read by itself."""
_BROKEN: Final = {
    CheckItem.KEYBOARD: Grade.D,
    CheckItem.SCREEN: Grade.D,
    CheckItem.TOUCHPAD: Grade.C,
    CheckItem.HINGES: Grade.D,
    CheckItem.CHARGER: Grade.D,
    CheckItem.WIFI: Grade.D,
}
"""What makes a device unusable until it is repaired; the rest only limits it."""
_BATTERY: Final = ((40, Grade.D, Finding.BATTERY_BAD), (60, Grade.C, Finding.BATTERY_WEAK), (80, Grade.B, Finding.BATTERY_WORN))
_OLD_HOURS: Final = 40_000
_ENDURANCE: Final = 80
_WORN_OUT: Final = 100


def suggest(known: Known) -> Suggestion:
    """The grade that what is known allows, or what is lacking for one."""
    reasons = tuple(_reasons(known))
    lacking = tuple(_lacking(known))
    if lacking:
        return Suggestion(None, reasons, lacking)
    grades = [reason.at_best for reason in reasons]
    return Suggestion(max(grades, default=Grade.A), reasons, ())


def _lacking(known: Known) -> Iterator[Lacking]:
    if known.set_apart:
        yield Lacking.SET_APART
    if not known.erased:
        yield Lacking.NOT_ERASED
    if known.visual is None:
        yield Lacking.NOT_INSPECTED
    if known.kind in _MEASURED and not _is_measured(known):
        yield Lacking.NOT_MEASURED
    answers = known.answers or {}
    if any(item not in answers for item in items_for(known.kind)):
        yield Lacking.NOT_CHECKED
    if answers.get(CheckItem.ELECTRICAL_SAFETY) in {CheckAnswer.WORN, CheckAnswer.BROKEN}:
        yield Lacking.UNSAFE


def _is_measured(known: Known) -> bool:
    """What a bench tells of a laptop's drive in a dock says nothing of the laptop."""
    return known.report is not None and (known.kind is DeviceKind.DRIVE or known.report.kind is not DeviceKind.DRIVE)


def together(newest_first: Sequence[HardwareReport]) -> HardwareReport | None:
    """One report of several: the machine as it was last read, each drive as it was last heard of."""
    drives: dict[str, StorageHealth] = {}
    for report in newest_first:
        for storage in report.storages:
            drives.setdefault(storage.key, storage)
        if report.kind is not DeviceKind.DRIVE:
            return report.model_copy(update={"storages": tuple(drives.values())})
    return newest_first[0] if newest_first else None


def _reasons(known: Known) -> Iterator[Reason]:
    match known.visual:
        case VisualResult.DAMAGED:
            yield Reason(Finding.LOOKS_DAMAGED, Grade.C)
        case VisualResult.SCRAP:
            yield Reason(Finding.LOOKS_SCRAP, Grade.D)
        case _:
            pass
    if known.report is not None:
        yield from _battery(known.report)
        for storage in known.report.storages:
            yield from _drive(storage)
        if known.kind in _COMPUTERS:
            yield from _memory(known.report)
    for item, answer in (known.answers or {}).items():
        if item is not CheckItem.ELECTRICAL_SAFETY:
            yield from _item(item, answer)


def _battery(report: HardwareReport) -> Iterator[Reason]:
    percent = report.battery_percent
    if percent is None:
        return
    for below, grade, finding in _BATTERY:
        if percent < below:
            yield Reason(finding, grade, f"{percent} %")
            return


def _drive(storage: StorageHealth) -> Iterator[Reason]:
    name = f"{storage.model} {storage.serial}"
    if storage.passed is False:
        yield Reason(Finding.DRIVE_FAILED, Grade.D, name)
    unreadable = (storage.pending_sectors or 0) + (storage.uncorrectable_sectors or 0) + (storage.media_errors or 0)
    if unreadable:
        yield Reason(Finding.DRIVE_UNREADABLE, Grade.D, f"{name}: {unreadable}")
    if storage.reallocated_sectors:
        yield Reason(Finding.DRIVE_REALLOCATED, Grade.C, f"{name}: {storage.reallocated_sectors}")
    if (storage.power_on_hours or 0) > _OLD_HOURS:
        yield Reason(Finding.DRIVE_OLD, Grade.B, f"{name}: {storage.power_on_hours} h")
    used = storage.percent_used or 0
    if used >= _WORN_OUT:
        yield Reason(Finding.DRIVE_WORN_OUT, Grade.D, f"{name}: {used} %")
    elif used >= _ENDURANCE:
        yield Reason(Finding.DRIVE_WORN, Grade.C, f"{name}: {used} %")


def _memory(report: HardwareReport) -> Iterator[Reason]:
    size = report.memory_bytes
    if size is None:
        return
    if size < 4 * GIB * _MODULE_ROUNDING:
        yield Reason(Finding.MEMORY_TOO_SMALL, Grade.D, f"{size / GIB:.1f} GiB")
    elif size < 8 * GIB * _MODULE_ROUNDING:
        yield Reason(Finding.MEMORY_SMALL, Grade.C, f"{size / GIB:.1f} GiB")


def _item(item: CheckItem, answer: CheckAnswer) -> Iterator[Reason]:
    match answer:
        case CheckAnswer.GOOD:
            return
        case CheckAnswer.WORN:
            yield Reason(Finding.ITEM_WORN, Grade.B, item.value)
        case CheckAnswer.BROKEN:
            yield Reason(Finding.ITEM_BROKEN, _BROKEN.get(item, Grade.C), item.value)
        case CheckAnswer.ABSENT:
            if item in {CheckItem.CHARGER, CheckItem.KEYBOARD, CheckItem.SCREEN}:
                yield Reason(Finding.ITEM_MISSING, Grade.D, item.value)
