"""Pages of loose drives: the tray, fit one, take one out, and where a storage was when."""

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Path, Query, Request
from starlette.responses import Response

from fleet.auth.identity import StaffUnit, Unit, WorkshopUnit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role
from fleet.devices import repository as devices_repository
from fleet.devices import service as devices
from fleet.devices.models import Device
from fleet.drives import service
from fleet.drives.rules import TrayGroup
from fleet.drives.tray import groups, life, print_labels, stage, tray
from fleet.errors import N_, Invalid
from fleet.ui.words import Tone, Word
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, Posted, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels.codes import show
from labels.stock import LabelSize

router = page_router()
CodeParam = Annotated[str, Path(pattern="^[0-9A-Za-z]{8}$")]
PAGE_SIZE: Final = 50
FITTED: Final = Notice("drive-fitted", N_("The drive is recorded in this device, with its certificate."))
UNPROVEN: Final = Notice("drive-unproven", N_("The drive is recorded in this device. Wipe it here."), "warn", "alert")
TAKEN_OUT: Final = Notice("drive-taken-out", N_("Taken out. Print the drive's own label, stick it on, and scan it."))
STAGED: Final = Notice("drives-staged", N_("Set ready for recycling."), "good", "recycle")
GROUPS: Final = {
    "to_wipe": Word(N_("To be wiped"), "received"),
    "busy": Word(N_("At a bench"), "eraser", Tone.BUSY),
    "usable": Word(N_("Wiped, can be used"), "shield", Tone.GOOD),
    "trouble": Word(N_("Needs attention"), "alert", Tone.WARN),
    "leaving": Word(N_("On the way out"), "recycle"),
}
HEALTH: Final = {
    "unknown": Word(N_("Not measured"), "lost"),
    "good": Word(N_("Healthy"), "check", Tone.GOOD),
    "failing": Word(N_("Failing"), "octagon", Tone.BAD),
}


class ReasonMissing(Invalid):
    """Somebody must be able to read later why."""

    msgid = N_("Write in a few words why.")


class PlaceMissing(Invalid):
    """A loose drive lies somewhere."""

    msgid = N_("Fill in where the drive lies now.")


@router.get("/drives")
def tray_page(
    request: Request, unit: StaffUnit, group: TrayGroup | None = None, cursor: Annotated[str | None, Query()] = None
) -> Response:
    """Loose drives, each with its certificate, level, size and health."""
    return _tray_page(request, unit, group, cursor, FormState(), 200)


def _tray_page(
    request: Request, unit: Unit, group: TrayGroup | None, cursor: str | None, form: FormState, status: int
) -> Response:
    page = tray(unit.session, unit.principal, group, limit=PAGE_SIZE, cursor=cursor)
    counts = groups(unit.session, unit.principal)
    kept = {"group": group.value} if group else {}
    return render(
        request,
        "drives/tray.html",
        status=status,
        form=form,
        lines=page.items,
        groups=GROUPS,
        healths=HEALTH,
        counts=counts,
        total=sum(counts.values()),
        chosen=group,
        may_work=unit.principal.has(Role.WORKSHOP),
        show_code=show,
        first=_address(kept),
        before=_address(kept | {"cursor": page.before}) if page.before else None,
        after=_address(kept | {"cursor": page.next}) if page.next else None,
    )


def _address(query: dict[str, str]) -> str:
    return f"/drives?{urlencode(query)}" if query else "/drives"


@router.post("/drives/recycling")
def stage_drives(request: Request, unit: WorkshopUnit, posted: PostedForm) -> Response:
    """The ticked drives to recycling, all or none."""
    with redisplaying(
        request, unit.session, posted, lambda form, status: _tray_page(request, unit, _group(posted), None, form, status)
    ):
        if not posted.get("reason"):
            raise ReasonMissing(field="reason")
        stage(unit.session, unit.principal, posted.fields.get("codes", ()), posted.get("reason"))
    return after("/drives?group=leaving", STAGED)


@router.post("/drives/labels")
def label_drives(request: Request, unit: WorkshopUnit, settings: SettingsDep, posted: PostedForm) -> Response:
    """The labels of the ticked drives as one PDF."""
    with redisplaying(
        request, unit.session, posted, lambda form, status: _tray_page(request, unit, _group(posted), None, form, status)
    ):
        size = LabelSize.SHEET_L7160 if posted.get("size") == LabelSize.SHEET_L7160 else LabelSize.TAPE_62X29
        codes = posted.fields.get("codes", ())
        pdf = print_labels(unit.session, unit.principal, codes, settings.public_url, size)
    disposition = {"Content-Disposition": 'inline; filename="labels.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=disposition)


def _group(posted: Posted) -> TrayGroup | None:
    """The filter that the page was shown with."""
    text = posted.get("group")
    return TrayGroup(text) if text in set(TrayGroup) else None


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
