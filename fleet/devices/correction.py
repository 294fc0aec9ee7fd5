"""Take back the last step (Rechtzetting): both stay in the chain, and nothing that was proven false comes back as proven.

Within 24 hours the person who took the step, later a lead. It never leads to `ready` unless every gate of a release holds.
"""

import json
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session

from fleet.audit import repository as chain
from fleet.audit import service as audit
from fleet.audit.rules import EventType
from fleet.auth.rules import MANAGERS, Principal
from fleet.db.columns import utc_now
from fleet.devices import evidence as ev
from fleet.devices import repository, service
from fleet.devices.changes import stale
from fleet.devices.errors import CorrectionRefused
from fleet.devices.gates import Gate, holds
from fleet.devices.models import Device
from fleet.devices.standing import By, row_of, standing_of
from fleet.devices.states import State, Step
from fleet.errors import N_
from labels.codes import show

OWN_HOURS: Final = 24
NO_STEP: Final = N_("there is no step to take back")
NOT_YOURS: Final = N_("someone else took it, or more than 24 hours ago: ask the workshop lead")
NOT_RELEASABLE: Final = N_("the device was ready before, but its wipe, image or tests do not hold any more")
TWO_DEVICES: Final = N_("it moved a drive between two devices: fit it or take it out by scanning both")
MACHINE: Final = N_("a bench reported it as a fact: take the device on from where it is")
MOVES: Final = frozenset({Step.FIT_INTO, Step.TAKE_OUT})
_RELEASE: Final = (Gate.STORAGE_PROVEN, Gate.IMAGE_CURRENT, Gate.TESTS_CURRENT)


def correct(session: Session, principal: Principal, code: str, reason: str, *, expected_version: int | None = None) -> Device:
    """Take back a device's last step; `expected_version` is the one that the caller looked at.

    Raises DeviceNotFound, DeviceUnderWay, DeviceElsewhere, DeviceStale, CorrectionRefused.
    """
    by = By(principal)
    audit.lock(session, principal.organisation_id)
    device = service.in_hand(service.get(session, code), principal)
    if expected_version is not None and device.version != expected_version:
        raise stale(session, device, expected_version)
    last = _last_step(session, device)
    if last is None or last["from"] is None:
        raise CorrectionRefused(code=show(code), why=NO_STEP)
    if last["actor"]["kind"] == "bench":
        raise CorrectionRefused(code=show(code), why=MACHINE)
    if last["step"] in MOVES:
        raise CorrectionRefused(code=show(code), why=TWO_DEVICES)
    _may(principal, code, last)
    back = State(last["from"])
    why: list[ev.AnyEvidence] = [ev.Reason(text=reason)]
    standing = standing_of(session, device, by, why)
    if back is State.READY and not all(holds(gate, standing) for gate in _RELEASE):
        raise CorrectionRefused(code=show(code), why=NOT_RELEASABLE)
    taken_back = device.state
    if not repository.move(session, device, {"state": back, "state_since": utc_now()}):
        raise stale(session, device, None)
    session.add_all([row_of(what, device.id, device.version, by) for what in why])
    audit.record(
        session,
        organisation_id=principal.organisation_id,
        type=EventType.DEVICE_CORRECTED,
        actor=principal.actor,
        device_id=device.id,
        data={
            "code": code,
            "from": taken_back.value,
            "to": back.value,
            "version": device.version,
            "takes_back_version": last["version"],
        },
    )
    service.tell(session, device)
    return device


def _last_step(session: Session, device: Device) -> dict[str, Any] | None:
    """The newest step of a device; None when it was taken back already or none was taken."""
    for event in reversed(chain.of_device(session, device.id)):
        body = json.loads(event.body)
        if event.type == EventType.DEVICE_CORRECTED:
            return None
        if event.type == EventType.DEVICE_STEP:
            return {**body["data"], "actor": body["actor"], "moment": event.at}
    return None


def _may(principal: Principal, code: str, last: dict[str, Any]) -> None:
    own = last["actor"]["id"] is not None and principal.actor.id == UUID(last["actor"]["id"])
    recent = utc_now() - last["moment"] < timedelta(hours=OWN_HOURS)
    if not (own and recent) and not principal.has(*MANAGERS):
        raise CorrectionRefused(code=show(code), why=NOT_YOURS)
