"""What follows a scan: never a jump, always a choice. The scan box, the camera, labels scanned by anybody."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Path, Query, Request
from starlette.responses import HTMLResponse, Response

from fleet.auth.identity import MaybeUnit, StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role
from fleet.contract.badge import badge_code
from fleet.db.session import SessionDep
from fleet.desk.actions import Choice, choice
from fleet.desk.advice import NEXT
from fleet.devices import repository
from fleet.devices.identifiers import NotANumber, number_of
from fleet.devices.lookup import Found, find
from fleet.organisations import service as organisations
from fleet.tags import service as tags
from fleet.ui.words import Tone
from fleet.web.addresses import own_path
from fleet.web.configured import SettingsDep
from fleet.web.policy import Policy
from fleet.web.rendering import fragment, render
from labels.codes import show
from labels.elsewhere import NumberKind, System, scope_parts
from labels.scan import ScanKind, parse_scan

router = page_router()
Scanned = Annotated[str, Query(max_length=400)]


@dataclass(frozen=True)
class Shown:
    """What the page and the fragment draw of one scan."""

    found: Found
    typed: str
    badge: bool = False
    choice: Choice | None = None
    holder: str | None = None
    """The name of another organisation that has the device now."""
    attachable: bool = False
    serial: str | None = None
    own_page: str | None = None
    """The address of a page of this service, as the QR code of a certificate has it."""

    @property
    def outcome(self) -> Tone:
        """Green, amber or red, seen and heard: found; look at it; this is no use."""
        if self.found.only is not None:
            return Tone.GOOD
        if self.found.matches or self.attachable or self.badge or self.own_page or self.found.scan.kind is ScanKind.EMPTY:
            return Tone.WARN
        return Tone.BAD

    @property
    def status(self) -> int:
        """Of the page."""
        return 200 if self.found.matches or self.badge or self.own_page else 404

    def context(self) -> dict[str, Any]:
        """For the template."""
        device = self.found.only
        return {
            "shown": self,
            "scan": self.found.scan,
            "matches": self.found.matches,
            "device": device,
            "advice": NEXT.get(device.state) if device and not self.holder else None,
            "show_code": show,
            "scope_parts": scope_parts,
        }


def look(unit: Unit, typed: str, public_url: str) -> Shown:
    """Understand a scan, and find what this person can do with it. A badge's code is a secret: it is not shown again."""
    if badge_code(typed):
        return Shown(find(unit.session, ""), "", badge=True)
    found = find(unit.session, typed)
    if not found.matches and (page := _own_page(found, public_url)):
        return Shown(found, typed.strip(), own_page=page)
    device = found.only
    if device is None:
        receives = unit.principal.has(Role.WORKSHOP, Role.LENDING)
        return Shown(
            found, typed.strip(), attachable=receives and not found.matches and _attachable(typed), serial=_serial(found)
        )
    away = device.custodian_id != unit.principal.organisation_id
    holder = organisations.public_face(unit.session, device.custodian_id).name if away else None
    return Shown(found, typed.strip(), choice=choice(unit.session, unit.principal, device), holder=holder)


def _own_page(found: Found, public_url: str) -> str | None:
    """The path of an address of this service, which is no number of a device whatever it leads to."""
    reference = found.scan.reference
    if reference is None or reference.host != urlsplit(public_url).netloc.lower():
        return None
    return own_path(reference.value) if reference.system is System.WEB else None


def _attachable(typed: str) -> bool:
    """Whether it can be a number of a device; a label of ours that is misread or unknown is none, whatever else it may be."""
    if parse_scan(typed).kind in {ScanKind.MISREAD, ScanKind.ASSET_CODE}:
        return False
    try:
        number_of(typed)
    except NotANumber:
        return False
    return True


def _serial(found: Found) -> str | None:
    """The scan as the serial number of a device that may be new."""
    reference = found.scan.reference
    if reference is not None:
        return reference.value if reference.kind is NumberKind.SERIAL else None
    return found.scan.serial if found.scan.kind is ScanKind.SERIAL else None


@router.get("/scan")
def scan(request: Request, unit: StaffUnit, settings: SettingsDep, q: Scanned = "") -> Response:
    """Whatever was scanned or typed: the device with what can be done now, or a choice, or what to do instead."""
    return _page(request, look(unit, q, settings.public_url))


@router.get("/scan/result")
def scan_result(request: Request, unit: StaffUnit, settings: SettingsDep, q: Scanned = "", over: bool = False) -> Response:
    """The same as a piece of a page; `over`: it is laid over a form that somebody is filling in."""
    shown = look(unit, q, settings.public_url)
    return HTMLResponse(fragment(request, "desk/scan_result.html", over=over, level="h2", **shown.context()), shown.status)


@router.get("/scan/badge")
def scan_badge(request: Request, unit: StaffUnit) -> Response:
    """A badge was scanned on some page; its code stands in no address."""
    return _page(request, Shown(find(unit.session, ""), "", badge=True))


@router.get("/scan/camera")
def camera(request: Request, _unit: StaffUnit) -> Response:
    """Scan with the camera, one thing after another. The only page that may use the camera and run the reader."""
    return render(request, "desk/scan_camera.html", policy=Policy.SCAN)


@router.get("/A/{code}")
@router.get("/a/{code}")
def label(
    request: Request, unit: MaybeUnit, session: SessionDep, settings: SettingsDep, code: Annotated[str, Path(max_length=40)]
) -> Response:
    """What a label's QR code leads to. A stranger learns whose device it is and how to return it, nothing else."""
    scanned = parse_scan(code)
    if scanned.kind is not ScanKind.ASSET_CODE:
        return render(request, "desk/stranger.html", status=404, holder=None, shown=code)
    if unit is not None and repository.by_code(unit.session, scanned.value) is not None:
        return _page(request, look(unit, show(scanned.value), settings.public_url))
    holder = tags.holder(session, scanned.value)
    return render(request, "desk/stranger.html", status=200 if holder else 404, holder=holder, shown=show(scanned.value))


def _page(request: Request, shown: Shown) -> Response:
    return render(request, "desk/scan.html", status=shown.status, over=False, level="h1", **shown.context())
