"""The suggested grade: every finding, and every reason to give none."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fleet.checks.rules import GIB, Finding, Grade, Known, Lacking, suggest, together
from fleet.contract.hardware import Battery, CheckAnswer, CheckItem, HardwareReport, StorageHealth, items_for
from fleet.contract.kinds import DeviceKind, VisualResult

DRIVE = StorageHealth(key="wwn:1", model="Disk", serial="S1", capacity_bytes=1 << 30, passed=True, power_on_hours=900)
REPORT = HardwareReport(
    taken_at=datetime(2026, 3, 1, tzinfo=UTC),
    kind=DeviceKind.LAPTOP,
    memory_bytes=8 * GIB,
    storages=(DRIVE,),
    batteries=(Battery(name="BAT0", design=50_000, full=45_000),),
)
GOOD = dict.fromkeys(items_for(DeviceKind.LAPTOP), CheckAnswer.GOOD)
FINE = Known(DeviceKind.LAPTOP, erased=True, set_apart=False, visual=VisualResult.GOOD, report=REPORT, answers=GOOD)


def with_drive(**changes: object) -> Known:
    return replace(FINE, report=REPORT.model_copy(update={"storages": (DRIVE.model_copy(update=changes),)}))


def with_battery(percent: int) -> Known:
    battery = Battery(name="BAT0", design=100, full=percent)
    return replace(FINE, report=REPORT.model_copy(update={"batteries": (battery,)}))


def with_answer(item: CheckItem, answer: CheckAnswer) -> Known:
    return replace(FINE, answers=GOOD | {item: answer})


def test_a_laptop_in_which_nothing_is_wrong_is_an_a() -> None:
    assert (suggest(FINE).grade, suggest(FINE).reasons) == (Grade.A, ())


@pytest.mark.parametrize(
    ("known", "grade", "finding"),
    [
        (replace(FINE, visual=VisualResult.DAMAGED), Grade.C, Finding.LOOKS_DAMAGED),
        (replace(FINE, visual=VisualResult.SCRAP), Grade.D, Finding.LOOKS_SCRAP),
        (with_battery(79), Grade.B, Finding.BATTERY_WORN),
        (with_battery(59), Grade.C, Finding.BATTERY_WEAK),
        (with_battery(39), Grade.D, Finding.BATTERY_BAD),
        (with_drive(passed=False), Grade.D, Finding.DRIVE_FAILED),
        (with_drive(pending_sectors=1), Grade.D, Finding.DRIVE_UNREADABLE),
        (with_drive(uncorrectable_sectors=1), Grade.D, Finding.DRIVE_UNREADABLE),
        (with_drive(media_errors=1), Grade.D, Finding.DRIVE_UNREADABLE),
        (with_drive(reallocated_sectors=1), Grade.C, Finding.DRIVE_REALLOCATED),
        (with_drive(power_on_hours=40_001), Grade.B, Finding.DRIVE_OLD),
        (with_drive(percent_used=80), Grade.C, Finding.DRIVE_WORN),
        (with_drive(percent_used=100), Grade.D, Finding.DRIVE_WORN_OUT),
        (replace(FINE, report=REPORT.model_copy(update={"memory_bytes": 4 * GIB})), Grade.C, Finding.MEMORY_SMALL),
        (replace(FINE, report=REPORT.model_copy(update={"memory_bytes": 2 * GIB})), Grade.D, Finding.MEMORY_TOO_SMALL),
        (with_answer(CheckItem.SPEAKERS, CheckAnswer.WORN), Grade.B, Finding.ITEM_WORN),
        (with_answer(CheckItem.CAMERA, CheckAnswer.BROKEN), Grade.C, Finding.ITEM_BROKEN),
        (with_answer(CheckItem.KEYBOARD, CheckAnswer.BROKEN), Grade.D, Finding.ITEM_BROKEN),
        (with_answer(CheckItem.CHARGER, CheckAnswer.ABSENT), Grade.D, Finding.ITEM_MISSING),
    ],
)
def test_a_finding_lowers_the_grade_and_is_named(known: Known, grade: Grade, finding: Finding) -> None:
    suggestion = suggest(known)
    assert suggestion.grade is grade
    assert [reason.finding for reason in suggestion.reasons] == [finding]


def test_the_worst_finding_counts_and_all_are_named() -> None:
    known = replace(with_battery(70), visual=VisualResult.DAMAGED)
    suggestion = suggest(known)
    assert suggestion.grade is Grade.C
    assert {reason.finding for reason in suggestion.reasons} == {Finding.BATTERY_WORN, Finding.LOOKS_DAMAGED}


@pytest.mark.parametrize(
    ("known", "lacking"),
    [
        (replace(FINE, erased=False), Lacking.NOT_ERASED),
        (replace(FINE, set_apart=True), Lacking.SET_APART),
        (replace(FINE, visual=None), Lacking.NOT_INSPECTED),
        (replace(FINE, report=None), Lacking.NOT_MEASURED),
        (replace(FINE, answers=None), Lacking.NOT_CHECKED),
        (replace(FINE, answers={CheckItem.KEYBOARD: CheckAnswer.GOOD}), Lacking.NOT_CHECKED),
        (with_answer(CheckItem.ELECTRICAL_SAFETY, CheckAnswer.BROKEN), Lacking.UNSAFE),
        (with_answer(CheckItem.ELECTRICAL_SAFETY, CheckAnswer.WORN), Lacking.UNSAFE),
    ],
)
def test_no_grade_is_given_where_a_gate_is_closed_or_something_is_not_known(known: Known, lacking: Lacking) -> None:
    assert suggest(known).grade is None
    assert suggest(known).lacking == (lacking,)


def test_a_kind_without_an_agent_needs_no_report() -> None:
    answers = dict.fromkeys(items_for(DeviceKind.MONITOR), CheckAnswer.GOOD)
    known = Known(DeviceKind.MONITOR, erased=True, set_apart=False, visual=VisualResult.GOOD, answers=answers)
    assert suggest(known).grade is Grade.A


def test_a_drive_that_does_not_tell_is_no_failure_and_no_pass() -> None:
    assert suggest(with_drive(passed=None, power_on_hours=None)).grade is Grade.A


def test_what_charger_and_camera_never_were_there_is_no_fault() -> None:
    assert suggest(with_answer(CheckItem.CAMERA, CheckAnswer.ABSENT)).grade is Grade.A


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_every_kind_has_a_list(kind: DeviceKind) -> None:
    items = items_for(kind)
    assert len(set(items)) == len(items)
    assert items or kind is DeviceKind.DRIVE


OF_DRIVE = HardwareReport(taken_at=REPORT.taken_at, kind=DeviceKind.DRIVE, storages=(DRIVE.model_copy(update={"passed": False}),))
OTHER = DRIVE.model_copy(update={"key": "wwn:2", "serial": "S2"})


def test_a_drive_in_a_dock_does_not_hide_its_laptop() -> None:
    report = together([OF_DRIVE, REPORT])
    assert report is not None
    assert (report.kind, report.memory_bytes, report.storages) == (DeviceKind.LAPTOP, 8 * GIB, OF_DRIVE.storages)


def test_what_was_read_before_the_machine_is_older() -> None:
    assert together([REPORT, OF_DRIVE]) == REPORT


def test_a_drive_that_the_machine_did_not_have_is_added() -> None:
    report = together([OF_DRIVE.model_copy(update={"storages": (OTHER,)}), REPORT])
    assert report is not None
    assert {storage.key for storage in report.storages} == {"wwn:1", "wwn:2"}


def test_nothing_read_is_nothing() -> None:
    assert together([]) is None


def test_a_laptop_of_which_only_the_drive_was_read_is_not_measured() -> None:
    assert suggest(replace(FINE, report=together([OF_DRIVE]))).lacking == (Lacking.NOT_MEASURED,)
    assert suggest(replace(FINE, kind=DeviceKind.DRIVE, answers={}, report=OF_DRIVE)).lacking == ()
