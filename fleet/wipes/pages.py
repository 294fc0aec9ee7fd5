"""Certificates to read, to print and to keep."""

from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from fleet.auth.identity import StaffUnit
from fleet.auth.pages import page_router
from fleet.web.configured import SettingsDep
from fleet.web.rendering import language_of, render, translator
from fleet.wipes import service
from fleet.wipes.render import certificate_pdf
from labels.codes import show

router = page_router()


@router.get("/certificates/{certificate_id}.json")
def certificate_file(unit: StaffUnit, certificate_id: UUID) -> Response:
    """The file that `fleet verify-certificate` checks."""
    row = service.get(unit.session, certificate_id)
    disposition = {"Content-Disposition": f'attachment; filename="certificate-{certificate_id}.json"'}
    return Response(service.as_file(row), media_type="application/json", headers=disposition)


@router.get("/certificates/{certificate_id}.pdf")
def certificate_print(request: Request, unit: StaffUnit, settings: SettingsDep, certificate_id: UUID) -> Response:
    """The certificate as a page to print, in the viewer's language."""
    row = service.get(unit.session, certificate_id)
    pdf = certificate_pdf(row, settings.public_url, language_of(request), translator(request))
    disposition = {"Content-Disposition": f'inline; filename="certificate-{certificate_id}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=disposition)


@router.get("/certificates/{certificate_id}")
def certificate_page(request: Request, unit: StaffUnit, certificate_id: UUID) -> Response:
    """What a certificate says."""
    row = service.get(unit.session, certificate_id)
    certificate = service.read(row)
    shown = show(certificate.asset_code)
    return render(request, "wipes/certificate.html", row=row, certificate=certificate, shown=shown)
