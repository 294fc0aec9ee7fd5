"""What an accepted certificate does to its device, and the second person who confirms or declines it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlmodel import Session

from fleet.accounts import repository as accounts
from fleet.audit import service as audit
from fleet.auth.rules import ActorKind, Principal, Role, demand
from fleet.contract.kinds import Adequacy
from fleet.devices import evidence as ev
from fleet.devices import repository as devices_repository
from fleet.devices import service as devices
from fleet.devices.errors import DeviceNotFound, StepIncomplete
from fleet.devices.gates import Gate
from fleet.devices.models import Device
from fleet.devices.standing import By, standing_of
from fleet.devices.states import State, Step
from fleet.errors import N_, Conflict, Forbidden, Invalid
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from fleet.wipes import service
from fleet.wipes.models import WipeCertificate, WipeValidation
from fleet.wipes.service import CertificateNotFound
from fleet.wipes.validation import Ground


class NothingToConfirm(Conflict):
    """The certificate does not wait for a second person."""

    msgid = N_("This certificate does not wait for a second person: it is confirmed, declined, or needed none.")


class SamePerson(Forbidden):
    """The operator may not confirm the own work."""

    msgid = N_("You carried out this wipe yourself. Somebody else must confirm it.")


class NotAPerson(Forbidden):
    """A script has no eyes."""

    msgid = N_("Only somebody who is signed in can confirm a wipe.")


class WhyDeclined(Invalid):
    """A refusal needs its reason."""

    msgid = N_("Write in a few words why you decline it.")


class CertificateOutdated(Conflict):
    """The device was wiped again, or came back from outside, after the certificate."""

    msgid = N_("After this certificate a new wipe began, or the device left and came back. Decline it; the new wipe counts.")


@dataclass(frozen=True)
class Decision:
    """What the second person says. A note is needed to decline."""

    adequate: bool
    note: str = ""


def finish(session: Session, by: By, device: Device, row: WipeCertificate) -> tuple[bool, Device]:
    """Let an adequate certificate count: the device is wiped once every storage is proven; whether it is now.

    Raises StepNotListed, StepIncomplete, StepForbidden, DeviceStale.
    """
    erased = service.evidence_of(row)
    certified = replace(by, certified=row.id)
    try:
        with session.begin_nested():
            return True, devices.apply(session, certified, device.asset_code, Step.FINISH_WIPE, [erased])
    except StepIncomplete as error:
        if error.data["missing"] != Gate.STORAGE_PROVEN.value:
            raise
        return False, devices.add_evidence(session, certified, device.asset_code, [erased])


def fail(session: Session, by: By, device: Device, row: WipeCertificate, why: str) -> Device:
    """Let an inadequate certificate end the wipe as failed. The medium is sound: no retry is counted.

    The table leaves FAIL_WIPE to benches; this is the bench's report, judged, so its role is lent for this one step.
    Raises StepNotListed, DeviceStale.
    """
    bench = replace(by.principal, roles=by.principal.roles | {Role.BENCH})
    written = service.read(row).sanitization.bytes_written
    failure = ev.WipeFailure(reason=why, medium_failure=False, bytes_written=written)
    return devices.apply(session, replace(by, principal=bench), device.asset_code, Step.FAIL_WIPE, [failure])


def why_inadequate(grounds: Sequence[str]) -> str:
    """The reason that stands in the device's history."""
    return f"not adequate: {', '.join(grounds)}"


def decide(session: Session, principal: Principal, certificate_id: UUID, decision: Decision) -> Device:
    """A second person confirms or declines a certificate that waits for one; the device moves on.

    Raises RoleMissing, CertificateNotFound, NothingToConfirm, SamePerson, NotAPerson, WhyDeclined, CertificateOutdated,
    StepNotListed, StepIncomplete.
    """
    demand(principal, Role.WORKSHOP)
    audit.lock(session, principal.organisation_id)
    row = service.get(session, certificate_id)
    if row.organisation_id != principal.organisation_id:
        raise CertificateNotFound
    waiting = service.validations(session, row)[-1]
    if waiting.adequacy is not Adequacy.AWAITS_SECOND_PERSON:
        raise NothingToConfirm
    _another_person(session, principal, row, waiting)
    if not decision.adequate and not decision.note.strip():
        raise WhyDeclined(field="note")
    device = devices_repository.by_id(session, row.device_id)
    if device is None:
        raise DeviceNotFound(code=service.read(row).asset_code)
    outdated = _outdated(session, By(principal), device, waiting)
    if decision.adequate and outdated:
        raise CertificateOutdated
    _keep(session, principal, waiting, decision)
    return _move(session, By(principal), device, row, decision, outdated=outdated)


def _move(session: Session, by: By, device: Device, row: WipeCertificate, decision: Decision, *, outdated: bool) -> Device:
    if decision.adequate:
        return finish(session, by, device, row)[1]
    # what was declined after a newer wipe began, or of a device that was set apart meanwhile, moves nothing
    if outdated or device.state is not State.WIPING:
        return device
    return fail(session, by, device, row, why_inadequate([Ground.DECLINED, decision.note.strip()]))


def _another_person(session: Session, principal: Principal, row: WipeCertificate, waiting: WipeValidation) -> None:
    """Neither the account that reported the wipe nor the login that the certificate names."""
    if principal.actor.kind is not ActorKind.ACCOUNT or principal.actor.id is None:
        raise NotAPerson
    account = accounts.get(session, principal.actor.id)
    certificate = service.read(row)
    named = {certificate.sanitization.act.person.lower(), certificate.verification.act.person.lower()}
    if account is None or account.id == waiting.operator_id or account.login in named:
        raise SamePerson


def _outdated(session: Session, by: By, device: Device, waiting: WipeValidation) -> bool:
    return standing_of(session, device, by, ()).floor > waiting.device_version


def _keep(session: Session, principal: Principal, waiting: WipeValidation, decision: Decision) -> None:
    decided = WipeValidation(
        certificate_id=waiting.certificate_id,
        ordinal=2,
        organisation_id=waiting.organisation_id,
        device_id=waiting.device_id,
        adequacy=Adequacy.ADEQUATE if decision.adequate else Adequacy.INADEQUATE,
        grounds=[] if decision.adequate else [Ground.DECLINED.value],
        policy_version=waiting.policy_version,
        device_version=waiting.device_version,
        decided_by=principal.actor.id,
        note=decision.note.strip(),
    )
    service.add_validation(session, principal.actor, decided)
    tasks.settle(session, principal, waiting.device_id, TaskKind.SECOND_PERSON, certificate=str(waiting.certificate_id))


def may_decide(session: Session, principal: Principal, row: WipeCertificate, waiting: WipeValidation) -> bool:
    """Whether the page offers the decision to this person."""
    if waiting.adequacy is not Adequacy.AWAITS_SECOND_PERSON or row.organisation_id != principal.organisation_id:
        return False
    try:
        _another_person(session, principal, row, waiting)
    except Forbidden:
        return False
    return principal.has(Role.WORKSHOP)
