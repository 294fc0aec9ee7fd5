"""Actions on several devices: the preview, the run with its progress, what was done and what was not, labels of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from fastapi import Request
from starlette.responses import Response

from fleet.auth.identity import StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.desk import bulk
from fleet.desk.board import order_of, wanted_of
from fleet.desk.bulk import Action, NothingChosen
from fleet.desk.device_list import DEVICES
from fleet.desk.labels import print_labels
from fleet.devices import listing
from fleet.errors import N_, FleetError, Invalid
from fleet.web.addresses import own_path
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, Posted, PostedForm
from fleet.web.lists import parse_text
from fleet.web.notices import after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import error_text, gettext, render
from labels.codes import show
from labels.stock import LabelSize

router = page_router()
LABELS: Final = "labels"


@dataclass(frozen=True)
class Shown:
    """What a preview carries along: the run's id, where to go back to, what was looked at, whether the list has more."""

    run: UUID
    back: str
    devices: Sequence[tuple[str, int]]
    more: bool = False


class ActionMissing(Invalid):
    """Nothing was chosen to be done."""

    msgid = N_("Choose what to do with the devices.")


class FormDamaged(Invalid):
    """What the preview sent along does not read back."""

    msgid = N_("This preview cannot be used any more. Go back to the list and choose the devices again.")


@router.post("/devices/bulk")
def preview(request: Request, unit: StaffUnit, settings: SettingsDep, posted: PostedForm) -> Response:
    """What would happen to each of the ticked devices, or to all that the list has."""
    codes, more = _chosen(unit, posted)
    if posted.get("action") == LABELS:
        return _labels(unit, settings.public_url, codes)
    action, back = _action(posted), own_path(posted.get("next"), "/devices")
    lines = bulk.preview(unit.session, unit.principal, action, codes)
    devices = [(line.device.asset_code, line.device.version) for line in lines if line.refused is None]
    return _preview_page(request, action, lines, Shown(uuid4(), back, devices, more), FormState(), 200)


def _chosen(unit: Unit, posted: Posted) -> tuple[Sequence[str], bool]:
    """The codes, and whether the list has more than one run takes. Raises NothingChosen."""
    if posted.get("all") != "yes":
        return posted.fields.get("codes", ()), False
    query = parse_text(DEVICES, posted.get("query"))
    found = listing.listing(unit.session, unit.principal.organisation_id, wanted_of(unit, query))
    page = found.page(unit.session, order_of(query), limit=bulk.MOST)
    return [device.asset_code for device in page.items], page.after is not None


def _action(posted: Posted) -> Action:
    try:
        return Action(posted.get("action"))
    except ValueError as error:
        raise ActionMissing(field="action") from error


def _labels(unit: Unit, public_url: str, codes: Sequence[str]) -> Response:
    if not codes:
        raise NothingChosen
    pdf = print_labels(unit.session, unit.principal, codes, public_url, LabelSize.SHEET_L7160)
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": 'inline; filename="labels.pdf"'})


def _preview_page(
    request: Request, action: Action, lines: Sequence[bulk.Line], shown: Shown, form: FormState, status: int
) -> Response:
    return render(
        request,
        "desk/bulk.html",
        status=status,
        form=form,
        action=action,
        asking=bulk.asking_of(action),
        possible=[line for line in lines if line.refused is None],
        refused=[line for line in lines if line.refused is not None],
        shown=shown,
        devices=" ".join(f"{code}:{version}" for code, version in shown.devices),
        most=bulk.MOST,
        show_code=show,
    )


@router.post("/devices/bulk/run")
def run(request: Request, unit: StaffUnit, posted: PostedForm) -> Response:
    """Confirm the preview; sent twice it is one run."""
    action, shown = _action(posted), Shown(_run_id(posted), own_path(posted.get("next"), "/devices"), _devices(posted))

    def again(form: FormState, status: int) -> Response:
        lines = bulk.preview(unit.session, unit.principal, action, [code for code, _ in shown.devices])
        return _preview_page(request, action, lines, shown, form, status)

    with redisplaying(request, unit.session, posted, again):
        choice, typed = posted.get("choice"), posted.get("text")[:2000]
        bulk.begin(unit.session, unit.principal, shown.run, action, shown.devices, choice=choice, words=typed)
    return _further(request, unit, shown.run)


def _further(request: Request, unit: Unit, run_id: UUID) -> Response:
    def tell(error: FleetError) -> str:
        return error_text(request, error)

    bulk.go_on(unit.session, unit.principal, run_id, tell)
    return after(f"/devices/bulk/{run_id}")


@router.get("/devices/bulk/{run_id}")
def result(request: Request, unit: StaffUnit, run_id: UUID) -> Response:
    """How far a run is, what was done, and what was not and why."""
    return _result_page(request, unit, run_id)


@router.post("/devices/bulk/{run_id}")
def further(request: Request, unit: StaffUnit, run_id: UUID) -> Response:
    """The next devices: the page asks by itself, or a person presses the button."""
    return _further(request, unit, run_id)


@router.post("/devices/bulk/{run_id}/undo")
def undo(request: Request, unit: StaffUnit, run_id: UUID, posted: PostedForm) -> Response:
    """Take back what nothing came after: a run of its own, whose id the page carries."""
    done = bulk.get(unit.session, unit.principal, run_id)
    why = gettext(request, N_("Taken back: {title}")).format(title=gettext(request, bulk.asking_of(Action(done.action)).title))
    own = _run_id(posted)
    bulk.begin(unit.session, unit.principal, own, Action.UNDO, bulk.undoable(done), words=why)
    return _further(request, unit, own)


def _result_page(request: Request, unit: Unit, run_id: UUID) -> Response:
    found = bulk.get(unit.session, unit.principal, run_id)
    results = bulk.results(found)
    return render(
        request,
        "desk/bulk_result.html",
        run=found,
        asking=bulk.asking_of(Action(found.action)),
        done=[row for row in results if row.done],
        failed=[row for row in results if not row.done],
        total=len(results) + len(found.pending),
        undoable=len(bulk.undoable(found)),
        undo_run=uuid4(),
        show_code=show,
    )


def _run_id(posted: Posted) -> UUID:
    try:
        return UUID(posted.get("run"))
    except ValueError as error:
        raise FormDamaged from error


def _devices(posted: Posted) -> list[tuple[str, int]]:
    """What the preview looked at: codes with their versions."""
    found = []
    for pair in posted.get("devices").split():
        code, _, version = pair.partition(":")
        if not (version.isascii() and version.isdigit() and len(version) < 10 and len(code) == 8):  # noqa: PLR2004 - as in the table
            raise FormDamaged
        found.append((code, int(version)))
    return found
