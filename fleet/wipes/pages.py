"""Certificates to read, to print and to keep; a second person confirms or declines one."""

from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from fleet.auth.identity import StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.config import Settings
from fleet.errors import N_
from fleet.web.configured import SettingsDep
from fleet.web.formats import Formats
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import language_of, render, translator
from fleet.wipes import deciding, service, sheet
from fleet.wipes.annex import sections
from fleet.wipes.pades import sign_where_asked
from fleet.wipes.render import certificate_pdf
from fleet.wipes.statement import as_file, source_of
from labels.codes import show

router = page_router()
CONFIRMED: Final = Notice("wipe-confirmed", N_("Confirmed. The device can go on."))
DECLINED: Final = Notice("wipe-declined", N_("Declined. The device must be wiped again."), "warn", "octagon")


@router.get("/certificates/{certificate_id}.json")
def certificate_file(unit: StaffUnit, settings: SettingsDep, certificate_id: UUID) -> Response:
    """The file that `fleet verify-certificate` checks."""
    row = service.get(unit.session, certificate_id)
    disposition = {"Content-Disposition": f'attachment; filename="certificate-{certificate_id}.json"'}
    return Response(as_file(unit.session, settings, row), media_type="application/json", headers=disposition)


@router.get("/certificates/{certificate_id}.pdf")
def certificate_print(request: Request, unit: StaffUnit, settings: SettingsDep, certificate_id: UUID) -> Response:
    """The certificate as pages to print, in the viewer's language; signed where the organisation supplied a certificate."""
    row = service.get(unit.session, certificate_id)
    source = source_of(unit.session, settings, row)
    pdf = certificate_pdf(source, settings.public_url, language_of(request), translator(request))
    signed = sign_where_asked(pdf, settings.pdf_signing_path, row.organisation_id)
    disposition = {"Content-Disposition": f'inline; filename="certificate-{certificate_id}.pdf"'}
    return Response(signed, media_type="application/pdf", headers=disposition)


@router.get("/certificates/{certificate_id}")
def certificate_page(request: Request, unit: StaffUnit, settings: SettingsDep, certificate_id: UUID) -> Response:
    """What a certificate says, and what the service thinks of it."""
    return _page(request, unit, settings, certificate_id, FormState(), 200)


@router.post("/certificates/{certificate_id}/decision")
def decide(request: Request, unit: StaffUnit, settings: SettingsDep, certificate_id: UUID, posted: PostedForm) -> Response:
    """A second person confirms or declines."""
    decision = deciding.Decision(posted.get("decision") == "confirm", posted.get("note")[:2000])
    with redisplaying(
        request, unit.session, posted, lambda form, status: _page(request, unit, settings, certificate_id, form, status)
    ):
        deciding.decide(unit.session, unit.principal, certificate_id, decision)
    return after(f"/certificates/{certificate_id}", CONFIRMED if decision.adequate else DECLINED)


def _page(request: Request, unit: Unit, settings: Settings, certificate_id: UUID, form: FormState, status: int) -> Response:
    row = service.get(unit.session, certificate_id)
    source, t = source_of(unit.session, settings, row), translator(request)
    formats = Formats(language_of(request))
    last = service.validations(unit.session, row)[-1]
    return render(
        request,
        "wipes/certificate.html",
        status=status,
        form=form,
        row=row,
        last=last,
        certificate=source.certificate,
        sheet=sheet.sheet_of(source, formats, t),
        sections=sections(source.certificate, t),
        grounds=sheet.grounds(last.grounds, t),
        may_decide=deciding.may_decide(unit.session, unit.principal, row, last),
        shown=show(source.certificate.asset_code),
    )
