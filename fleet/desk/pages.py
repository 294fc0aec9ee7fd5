"""Receiving, the device's fiche, and steps that need a few words."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path, Query, Request
from starlette.responses import RedirectResponse, Response

from fleet.auth.identity import ReceiverUnit, StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role
from fleet.checks import service as checks
from fleet.db.keyset import MAX_PAGE
from fleet.desk.advice import NEXT, storage_doors
from fleet.desk.arrivals import ArrivalForm
from fleet.desk.evidence import lines
from fleet.desk.receiving import open_sites, receive, usual_site
from fleet.desk.steps import ASKED, Asking, TextMissing
from fleet.destruction import service as destruction
from fleet.devices import evidence as ev
from fleet.devices import repository, service
from fleet.devices.correction import correct as take_back
from fleet.devices.gates import Standing, proof_of
from fleet.devices.history import Fiche, fiche
from fleet.devices.identifiers import attach
from fleet.devices.models import Device
from fleet.devices.rules import Answer, Transition, is_end
from fleet.devices.standing import By, standing_of
from fleet.devices.states import Step
from fleet.donations import service as donations
from fleet.errors import N_
from fleet.organisations import service as organisations
from fleet.ui import words_checks
from fleet.web.forms import FormState, Posted, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.problems import NoSuchPage
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import gettext, render
from fleet.wipes import service as wipes
from labels.codes import show

router = page_router()
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$")]
OWN_PAGES: Final = {Step.INSPECT: "inspect", Step.START_TEST: "test", Step.PASS_TEST: "test", Step.RELEASE: "release"}
"""Steps with a page of their own; the first of these that is possible is the main button."""
PRINTERS: Final = (Role.WORKSHOP,)
RECEIVED: Final = Notice("device-received", N_("Received. Print the label and stick it on the device."))
DONE: Final = Notice("step-done", N_("Noted."), undo=True)
UNDO_REASON: Final = N_("Taken by mistake")
CORRECTED: Final = Notice("step-corrected", N_("The last step is taken back. Both stay in the history."))


@router.get("/receive")
def receive_form(
    request: Request,
    unit: ReceiverUnit,
    batch: UUID | None = None,
    serial: Annotated[str, Query(max_length=200)] = "",
    also: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """What a person knows of a device that comes in; `also` is a number of another system that was scanned on it."""
    return _receive_page(request, unit, FormState(), 200, batch, serial, also)


@router.post("/receive")
def receive_device(request: Request, unit: ReceiverUnit, posted: PostedForm) -> Response:
    """Take it in, and go on to its inspection."""
    with redisplaying(request, unit.session, posted, lambda form, status: _receive_page(request, unit, form, status)):
        form = posted.parse(ArrivalForm)
        device = receive(unit.session, unit.principal, form.arrival())
        if form.also:
            attach(unit.session, unit.principal, device.asset_code, form.also)
    workshop = unit.principal.has(Role.WORKSHOP)
    return after(f"/devices/{device.asset_code}/inspect" if workshop else f"/devices/{device.asset_code}", RECEIVED)


def _receive_page(
    request: Request, unit: Unit, form: FormState, status: int, batch: UUID | None = None, serial: str = "", also: str = ""
) -> Response:
    batches = donations.batches(unit.session, only_open=True, limit=MAX_PAGE).items
    newest = batches[0].id if batches else None
    return render(
        request,
        "desk/receive.html",
        status=status,
        form=form,
        batches=[(row.id, row.reference) for row in batches],
        batch=batch or newest,
        serial=serial,
        also=also,
        sites=open_sites(unit.session),
        site=usual_site(unit.session, unit.principal),
    )


@router.get("/devices/by-id/{device_id}")
def by_id(unit: StaffUnit, device_id: UUID) -> Response:
    """What knows a device by its id only (a task) leads to its page."""
    device = repository.by_id(unit.session, device_id)
    if device is None:
        raise NoSuchPage
    return RedirectResponse(f"/devices/{device.asset_code}", status_code=303)


@router.get("/devices/{code}")
def device_page(request: Request, unit: StaffUnit, code: CodeParam) -> Response:
    """The fiche: identity, components, every step with who, when and which evidence; certificates; tasks."""
    device = service.get(unit.session, code.upper())
    shown = fiche(unit.session, device)
    standing = standing_of(unit.session, device, By(unit.principal), ())
    options = service.steps_for(unit.session, unit.principal, device, standing)
    batch = donations.get_batch(unit.session, device.batch_id) if device.batch_id else None
    certificates = wipes.of_device(unit.session, device.id)
    condition = checks.condition(unit.session, By(unit.principal), device, standing)
    return render(
        request,
        "desk/fiche.html",
        batch=batch,
        site=organisations.site_names(unit.session).get(device.site_id) if device.site_id else None,
        donation=donations.get(unit.session, batch.donation_id) if batch else None,
        device=device,
        shown=show(device.asset_code),
        fiche=shown,
        history=list(reversed(shown.history)),
        certificates=certificates,
        adequacies=wipes.adequacies(unit.session, certificates),
        advice=NEXT.get(device.state),
        main=_main(options),
        others=[row.step for row, answer in options if row.step in ASKED and not _useless(row, answer)],
        doors=storage_doors(device, shown.components) if unit.principal.has(*PRINTERS) else [],
        grade=condition.suggestion.grade,
        healths={drive.key: drive for drive in condition.report.storages} if condition.report else {},
        words_checks=words_checks,
        proofs=_proofs(standing, shown),
        records=destruction.of_device(unit.session, device),
        asked=ASKED,
        own_pages=OWN_PAGES,
        ended=is_end(device.state),
        can_print=unit.principal.has(*PRINTERS),
        can_correct=_can_correct(shown),
        lines=lines,
    )


def _proofs(standing: Standing, shown: Fiche) -> dict[str, ev.AnyEvidence]:
    """What proves each storage now, by its key: a certificate of before it was out again proves nothing."""
    keys = [part.storage_key for part in shown.components if part.removed_version is None]
    return {key: proof.what for key in keys if (proof := proof_of(standing, key))}


def _useless(row: Transition, answer: Answer) -> bool:
    """A step that only notes what is proven already is not offered while it is not."""
    return row.step is Step.ACCEPT_PROOF and bool(answer.missing)


def _main(options: Sequence[tuple[Transition, Answer]]) -> Step | None:
    """The step that the big button offers."""
    possible = {row.step for row, _ in options}
    return next((step for step in OWN_PAGES if step in possible), None)


def _can_correct(shown: Fiche) -> bool:
    """Whether there is a step to take back; who may is for the service to say."""
    last = next((entry for entry in reversed(shown.history) if entry.type in {"device.step", "device.corrected"}), None)
    return last is not None and last.type == "device.step" and last.data.get("from") is not None and not last.by_bench


@router.get("/devices/{code}/steps/{step}")
def step_form(request: Request, unit: StaffUnit, code: CodeParam, step: Step) -> Response:
    """The question that a step asks."""
    return _step_page(request, service.get(unit.session, code.upper()), step, _asking(step), FormState(), 200)


@router.post("/devices/{code}/steps/{step}")
def take_step(request: Request, unit: StaffUnit, code: CodeParam, step: Step, posted: PostedForm) -> Response:
    """Take it."""
    device, asking = service.get(unit.session, code.upper()), _asking(step)
    with redisplaying(
        request, unit.session, posted, lambda form, status: _step_page(request, device, step, asking, form, status)
    ):
        given = asking.given(posted.get("choice"), posted.get("text"))
        service.apply(unit.session, By(unit.principal), device.asset_code, step, given, expected_version=_version(posted))
    return after(f"/devices/{device.asset_code}", DONE)


def _asking(step: Step) -> Asking:
    """Raises NoSuchPage for a step that has a page of its own, or none."""
    if step not in ASKED:
        raise NoSuchPage
    return ASKED[step]


def _version(posted: Posted) -> int | None:
    text = posted.get("expected_version")
    return int(text) if text.isascii() and text.isdigit() else None


def _step_page(request: Request, device: Device, step: Step, asking: Asking, form: FormState, status: int) -> Response:
    return render(
        request,
        "desk/step.html",
        status=status,
        form=form,
        device=device,
        shown=show(device.asset_code),
        step=step,
        asking=asking,
    )


@router.get("/devices/{code}/correct")
def correct_form(request: Request, unit: StaffUnit, code: CodeParam, undo: bool = False) -> Response:
    """Why the last step is taken back; who comes from the notice of that step has the reason filled in."""
    form = FormState({"text": [gettext(request, UNDO_REASON)]}) if undo else FormState()
    return _correct_page(request, service.get(unit.session, code.upper()), form, 200)


@router.post("/devices/{code}/correct")
def correct(request: Request, unit: StaffUnit, code: CodeParam, posted: PostedForm) -> Response:
    """Take the last step back."""
    device = service.get(unit.session, code.upper())
    with redisplaying(request, unit.session, posted, lambda form, status: _correct_page(request, device, form, status)):
        if not posted.get("text"):
            raise TextMissing(field="text")
        take_back(unit.session, unit.principal, device.asset_code, posted.get("text"), expected_version=_version(posted))
    return after(f"/devices/{device.asset_code}", CORRECTED)


def _correct_page(request: Request, device: Device, form: FormState, status: int) -> Response:
    return render(request, "desk/correct.html", status=status, form=form, device=device, shown=show(device.asset_code))
