"""Pages of destruction: the form for who did it, the record to print, and the question to the witness."""

from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import Path, Request
from starlette.responses import Response

from fleet.accounts import service as accounts
from fleet.auth.identity import StaffUnit, Unit, WorkshopUnit
from fleet.auth.pages import page_router
from fleet.db.columns import utc_now
from fleet.destruction import service
from fleet.destruction.photo import MAX_PHOTO_BYTES
from fleet.destruction.schemas import AnswerForm, DestructionForm
from fleet.destruction.service import Record, Told
from fleet.devices import repository
from fleet.devices import service as devices
from fleet.devices.models import Device
from fleet.errors import N_
from fleet.ui.words import Tone, Word
from fleet.web.formats import ZONE
from fleet.web.forms import FormState, PostedForm, takes_file
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels.codes import show

router = page_router()
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$")]
RECORDED: Final = Notice("destruction-recorded", N_("Recorded. Ask who saw it to confirm it."), "warn", "eye")
CONFIRMED: Final = Notice("destruction-confirmed", N_("Confirmed. The storage counts as destroyed."))
DECLINED: Final = Notice("destruction-declined", N_("Declined. The storage does not count as destroyed."), "warn", "cross")
STANDINGS: Final = {
    "awaits_witness": Word(N_("Waits for a witness"), "eye", Tone.WARN),
    "confirmed": Word(N_("Confirmed by a witness"), "shield", Tone.GOOD),
    "declined": Word(N_("Declined by a witness"), "octagon", Tone.BAD),
}


@router.get("/devices/{code}/destroy")
def destroy_form(request: Request, unit: WorkshopUnit, code: CodeParam) -> Response:
    """What was destroyed, how, why, where and when, with a photo."""
    return _form_page(request, unit, devices.get(unit.session, code.upper()), FormState(), 200)


@router.post("/devices/{code}/destroy")
@takes_file(MAX_PHOTO_BYTES)
def destroy(request: Request, unit: WorkshopUnit, code: CodeParam, posted: PostedForm) -> Response:
    """Record it, and go on to the record."""
    device = devices.get(unit.session, code.upper())
    with redisplaying(request, unit.session, posted, lambda form, status: _form_page(request, unit, device, form, status)):
        form = posted.parse(DestructionForm)
        local = form.destroyed_at
        moment = local if local.tzinfo else local.replace(tzinfo=ZONE)
        photo = posted.files.get("photo", b"")
        told = Told(form.id, tuple(form.keys), form.method, form.reason, form.place, moment, photo, form.serial)
        record = service.record(unit.session, unit.principal, device.asset_code, told)
    return after(f"/destructions/{record.row.id}", RECORDED)


def _form_page(request: Request, unit: Unit, device: Device, form: FormState, status: int) -> Response:
    return render(
        request,
        "destruction/destroy.html",
        status=status,
        form=form,
        device=device,
        shown=show(device.asset_code),
        storages=repository.fitted(unit.session, device.id),
        record_id=form.value("id") or uuid4(),
        now=utc_now().astimezone(ZONE).strftime("%Y-%m-%dT%H:%M"),
    )


@router.get("/destructions/{record_id}")
def record_page(request: Request, unit: StaffUnit, record_id: UUID) -> Response:
    """The record, to read and to print; who may be its witness is asked."""
    return _record_page(request, unit, service.get(unit.session, record_id), FormState(), 200)


@router.get("/destructions/{record_id}/photo")
def photo(unit: StaffUnit, record_id: UUID) -> Response:
    """The photo of a record."""
    row = service.get(unit.session, record_id).row
    return Response(row.photo, media_type=row.photo_type)


@router.post("/destructions/{record_id}/answer")
def answer(request: Request, unit: StaffUnit, record_id: UUID, posted: PostedForm) -> Response:
    """What the witness says."""
    record = service.get(unit.session, record_id)
    with redisplaying(request, unit.session, posted, lambda form, status: _record_page(request, unit, record, form, status)):
        said = posted.parse(AnswerForm).answer()
        service.answer(unit.session, unit.principal, record_id, said)
    return after(f"/destructions/{record_id}", CONFIRMED if said.confirmed else DECLINED)


def _record_page(request: Request, unit: Unit, record: Record, form: FormState, status: int) -> Response:
    answered = record.answer
    people = {record.row.operator_id, *([answered.witness_id] if answered else [])}
    names = accounts.names(unit.session, people)
    return render(
        request,
        "destruction/record.html",
        status=status,
        form=form,
        record=record,
        told=record.document,
        shown=show(record.document.asset_code),
        storages={row.storage_key: row for row in repository.components_of(unit.session, record.row.device_id)},
        word=STANDINGS[record.standing],
        operator=names.get(record.row.operator_id),
        witness=names.get(answered.witness_id) if answered else None,
        may_answer=service.may_answer(unit.principal, record),
        own=record.row.operator_id == unit.principal.actor.id,
    )
