"""Pages of loose drives: the tray, fit one, take one out, and where a storage was when."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final

from fastapi import Path, Query, Request
from sqlmodel import Session
from starlette.responses import Response, StreamingResponse

from fleet.auth.identity import StaffUnit, Unit, WorkshopUnit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role
from fleet.db.listing import walk
from fleet.db.session import get_database
from fleet.devices import repository as devices_repository
from fleet.devices import service as devices
from fleet.devices.models import Device
from fleet.drives import listing, service
from fleet.drives.listing import DRIVES
from fleet.drives.spoken import DESTROYED, GROUPS, HEALTH, NOT_PROVEN
from fleet.drives.tray import Line, groups, life, print_labels, stage
from fleet.errors import N_, Invalid
from fleet.organisations import service as organisations
from fleet.views import service as views
from fleet.web.configured import SettingsDep
from fleet.web.csv_export import csv_response, lines
from fleet.web.formats import Formats
from fleet.web.forms import FormState, Posted, PostedForm
from fleet.web.lists import ListQuery, Plain, parse, parse_text
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import language_of, render, translator
from labels.codes import show
from labels.stock import LabelSize

router = page_router()
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$")]
PAGE_SIZE: Final = 50
EXPORT_PAGE: Final = 500
"""Rows of an export that are read in one transaction."""
FITTED: Final = Notice("drive-fitted", N_("The drive is recorded in this device, with its certificate."))
UNPROVEN: Final = Notice("drive-unproven", N_("The drive is recorded in this device. Wipe it here."), "warn", "alert")
TAKEN_OUT: Final = Notice("drive-taken-out", N_("Taken out. Print the drive's own label, stick it on, and scan it."))
STAGED: Final = Notice("drives-staged", N_("Set ready for recycling."), "good", "recycle")


class ReasonMissing(Invalid):
    """Somebody must be able to read later why."""

    msgid = N_("Write in a few words why.")


class PlaceMissing(Invalid):
    """A loose drive lies somewhere."""

    msgid = N_("Fill in where the drive lies now.")


@router.get("/drives")
def tray_page(request: Request, unit: StaffUnit) -> Response:
    """Loose drives, each with its certificate, level, size and health."""
    return _tray_page(request, unit, parse(DRIVES, request.query_params.multi_items()), FormState(), 200)


def _tray_page(request: Request, unit: Unit, query: ListQuery[Line], form: FormState, status: int) -> Response:
    me = unit.principal.organisation_id
    page = listing.page(unit.session, me, query, limit=PAGE_SIZE, cursor=query.cursor)
    counts = groups(unit.session, unit.principal)
    return render(
        request,
        "drives/tray.html",
        status=status,
        form=form,
        lines=page.items,
        query=query,
        chips=list(query.chips()),
        columns=[column.name for column in DRIVES.chosen(views.columns(unit.session, unit.principal, DRIVES.name))],
        views=views.views(unit.session, unit.principal, DRIVES.name),
        places=listing.places(unit.session, me),
        sites=organisations.site_names(unit.session),
        groups=GROUPS,
        healths=HEALTH,
        destroyed=DESTROYED,
        not_proven=NOT_PROVEN,
        counts=counts,
        total=sum(counts.values()),
        may_work=unit.principal.has(Role.WORKSHOP),
        show_code=show,
        before=query.address(cursor=page.before) if page.before else None,
        after=query.address(cursor=page.next) if page.next else None,
    )


@router.get("/drives.csv")
def export(request: Request, unit: StaffUnit) -> StreamingResponse:
    """Every drive of the list, with its filters, order and columns."""
    query = parse(DRIVES, request.query_params.multi_items())
    columns = DRIVES.chosen(views.columns(unit.session, unit.principal, DRIVES.name))
    plain = Plain(translator(request), Formats(language_of(request)).sortable_moment, organisations.site_names(unit.session))
    me = unit.principal.organisation_id

    def read(session: Session, cursor: str | None) -> tuple[Sequence[Line], str | None]:
        page = listing.page(session, me, query, limit=EXPORT_PAGE, cursor=cursor)
        return page.items, page.next

    return csv_response("heropstart-drives", lines(columns, walk(get_database(request).engine(), me, read), plain))


@router.post("/drives/recycling")
def stage_drives(request: Request, unit: WorkshopUnit, posted: PostedForm) -> Response:
    """The ticked drives to recycling, all or none."""
    with redisplaying(request, unit.session, posted, _again(request, unit, posted)):
        if not posted.get("reason"):
            raise ReasonMissing(field="reason")
        stage(unit.session, unit.principal, posted.fields.get("codes", ()), posted.get("reason"))
    return after("/drives?group=leaving", STAGED)


@router.post("/drives/labels")
def label_drives(request: Request, unit: WorkshopUnit, settings: SettingsDep, posted: PostedForm) -> Response:
    """The labels of the ticked drives as one PDF."""
    with redisplaying(request, unit.session, posted, _again(request, unit, posted)):
        size = LabelSize.SHEET_L7160 if posted.get("size") == LabelSize.SHEET_L7160 else LabelSize.TAPE_62X29
        codes = posted.fields.get("codes", ())
        pdf = print_labels(unit.session, unit.principal, codes, settings.public_url, size)
    disposition = {"Content-Disposition": 'inline; filename="labels.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=disposition)


def _again(request: Request, unit: Unit, posted: Posted) -> Callable[[FormState, int], Response]:
    """The page with the filters and the order that it was shown with. Raises FilterInvalid, SortInvalid."""
    query = parse_text(DRIVES, posted.get("list"))
    return lambda form, status: _tray_page(request, unit, query, form, status)


@router.get("/drives/fit")
def fit_form(
    request: Request,
    _unit: WorkshopUnit,
    drive: Annotated[str, Query(max_length=400)] = "",
    device: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """Two scans: the drive, the device."""
    return render(request, "drives/fit.html", drive=drive, device=device)


@router.post("/drives/fit")
def fit(request: Request, unit: WorkshopUnit, posted: PostedForm) -> Response:
    """Fit it, and go on to the device."""

    def again(form: FormState, status: int) -> Response:
        return render(request, "drives/fit.html", status=status, form=form, drive="", device="")

    with redisplaying(request, unit.session, posted, again):
        drive, device = service.code_of(posted.get("drive"), "drive"), service.code_of(posted.get("device"), "device")
        moved = service.fit(unit.session, unit.principal, drive, device)
    return after(f"/devices/{moved.device.asset_code}", FITTED if moved.proven else UNPROVEN)


@router.get("/devices/{code}/take-out")
def take_out_form(request: Request, unit: WorkshopUnit, code: CodeParam) -> Response:
    """Which storage came out, and where it lies."""
    return _take_out_page(request, unit, devices.get(unit.session, code.upper()), FormState(), 200)


@router.post("/devices/{code}/take-out")
def take_out(request: Request, unit: WorkshopUnit, code: CodeParam, posted: PostedForm) -> Response:
    """Take it out, and go on to the drive."""
    device = devices.get(unit.session, code.upper())
    with redisplaying(request, unit.session, posted, lambda form, status: _take_out_page(request, unit, device, form, status)):
        place = posted.get("place")
        if not place:
            raise PlaceMissing(field="place")
        version = posted.get("expected_version")
        expected = int(version) if version.isascii() and version.isdigit() else None
        key = posted.get("key")
        moved = service.take_out(unit.session, unit.principal, device.asset_code, key, place[:200], expected_version=expected)
    return after(f"/devices/{moved.drive.asset_code}", TAKEN_OUT)


def _take_out_page(request: Request, unit: Unit, device: Device, form: FormState, status: int) -> Response:
    return render(
        request,
        "drives/take_out.html",
        status=status,
        form=form,
        device=device,
        shown=show(device.asset_code),
        storages=devices_repository.fitted(unit.session, device.id),
    )


@router.get("/drives/life")
def life_page(request: Request, unit: StaffUnit, key: Annotated[str, Query(min_length=1, max_length=600)]) -> Response:
    """Where a storage was when."""
    return render(request, "drives/life.html", key=key, stays=life(unit.session, key), show_code=show)
