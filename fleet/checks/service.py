"""Keep what was measured and seen, and suggest a grade from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from fleet.checks import repository
from fleet.checks.models import CheckList, HardwareRecord
from fleet.checks.rules import Known, Suggestion, suggest, together
from fleet.contract.hardware import CheckAnswer, CheckItem, HardwareReport, items_for
from fleet.devices import evidence as ev
from fleet.devices import service as devices
from fleet.devices.evidence import EvidenceType
from fleet.devices.gates import Standing, wipe_version
from fleet.devices.models import Device
from fleet.devices.standing import By, standing_of
from fleet.devices.states import State
from fleet.errors import N_, Invalid


class ItemNotOfKind(Invalid):
    """An answer about something that this kind of device does not have."""

    msgid = N_("A device of this kind is not checked for {items}. Answer only what its list asks.")


@dataclass(frozen=True)
class Condition:
    """A device's newest report and check-list, and the grade that they suggest."""

    report: HardwareReport | None
    checked: CheckList | None
    suggestion: Suggestion


def measured(session: Session, by: By, code: str, report: HardwareReport, bench_id: UUID | None) -> Device:
    """Keep a report, and the evidence that it was made. Raises DeviceNotFound."""
    device = devices.get(session, code)
    row = HardwareRecord(
        organisation_id=by.principal.organisation_id,
        device_id=device.id,
        bench_id=bench_id,
        report=report.model_dump(mode="json"),
    )
    session.add(row)
    session.flush()
    given = ev.HardwareRead(
        report_id=row.id,
        battery_percent=report.battery_percent,
        memory_bytes=report.memory_bytes,
        drives_failing=tuple(storage.key for storage in report.storages if storage.passed is False),
    )
    return devices.add_evidence(session, by, code, [given])


def checked(session: Session, by: By, code: str, answers: Mapping[CheckItem, CheckAnswer], note: str) -> Device:
    """Keep a check-list, and the evidence of its answers. Raises DeviceNotFound, ItemNotOfKind."""
    device = devices.get(session, code)
    strange = sorted(item.value for item in answers if item not in items_for(device.kind))
    if strange or not answers:
        raise ItemNotOfKind(items=", ".join(strange) or "-")
    told = {item.value: answer.value for item, answer in answers.items()}
    row = CheckList(organisation_id=by.principal.organisation_id, device_id=device.id, answers=told, note=note)
    session.add(row)
    session.flush()
    faults = tuple(f"{item}: {answer}" for item, answer in told.items() if answer != CheckAnswer.GOOD)
    return devices.add_evidence(session, by, code, [ev.Checked(list_id=row.id, answered=len(told), faults=faults, note=note)])


def condition(session: Session, by: By, device: Device, standing: Standing | None = None) -> Condition:
    """What is known of a device's condition now. `standing`: as the caller has read it already, else it is read."""
    rows = repository.reports(session, device.id)
    report = together([HardwareReport.model_validate(row.report) for row in rows])
    listed = repository.newest_list(session, device.id)
    standing = standing or standing_of(session, device, by, ())
    visual = standing.latest(EvidenceType.VISUAL)
    known = Known(
        kind=device.kind,
        erased=wipe_version(standing) is not None,
        set_apart=device.state is State.QUARANTINED,
        visual=visual.what.result if visual and isinstance(visual.what, ev.Visual) else None,
        report=report,
        answers=answers_of(listed),
    )
    return Condition(report, listed, suggest(known))


def answers_of(listed: CheckList | None) -> dict[CheckItem, CheckAnswer] | None:
    """The answers of a stored list."""
    if listed is None:
        return None
    return {CheckItem(item): CheckAnswer(answer) for item, answer in listed.answers.items()}
