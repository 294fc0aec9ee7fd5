"""Pages for everybody: whether a certificate is genuine, by its number or by its file. Nobody signs in here."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.responses import Response

from fleet.db.session import SessionDep
from fleet.errors import N_, Invalid
from fleet.web.forms import FormState
from fleet.web.rendering import error_text, render
from fleet.wipes.checking import Checked, Refused, check_file, look_up, partly
from labels.codes import show

# no sign-in, so no token of a session either: nothing is changed here
router = APIRouter(include_in_schema=False)
MAX_FILE_BYTES: Final = 256 * 1024
"""A certificate with long logs stays below 100 kB."""


class FileTooLarge(Invalid):
    """More than any certificate holds."""

    msgid = N_("This is too large for a certificate. Send the .json file that came with it.")


class FileMissing(Invalid):
    """Neither a file nor a text came."""

    msgid = N_("Choose the certificate's .json file, or paste what stands in it.")


async def posted_file(request: Request) -> bytes:
    """The file or the pasted text; empty when there is neither. Never more than one byte above the limit is kept."""
    if int(request.headers.get("content-length") or 0) > 2 * MAX_FILE_BYTES:
        return b" " * (MAX_FILE_BYTES + 1)
    async with request.form(max_files=1, max_fields=5, max_part_size=2 * MAX_FILE_BYTES) as form:
        file, pasted = form.get("file"), form.get("text")
        if isinstance(file, UploadFile) and file.filename:
            return await file.read(MAX_FILE_BYTES + 1)
        return pasted.encode() if isinstance(pasted, str) else b""


PostedFile = Annotated[bytes, Depends(posted_file)]


@router.get("/verify")
def verify_form(request: Request) -> Response:
    """A file to check, or a number to look up."""
    return _page(request, None)


@router.post("/verify")
def verify_file(request: Request, session: SessionDep, data: PostedFile) -> Response:
    """Check a file that somebody sent."""
    error = FileTooLarge() if len(data) > MAX_FILE_BYTES else FileMissing() if not data.strip() else None
    if error is not None:
        return _page(request, None, FormState({}, {"file": error_text(request, error)}), 422)
    return _page(request, check_file(session, data))


@router.get("/verify/{number}")
def verify_number(request: Request, session: SessionDep, number: str) -> Response:
    """Whether a certificate is genuine: what the QR code on the paper leads to."""
    try:
        found = look_up(session, UUID(number))
    except ValueError:
        found = None
    if found is None:
        return render(request, "wipes/unknown.html", status=404, number=number[:80])
    return _page(request, found)


def _page(request: Request, found: Checked | Refused | None, form: FormState | None = None, status: int = 200) -> Response:
    return render(
        request,
        "wipes/verify.html",
        status=status,
        form=form or FormState(),
        found=found if isinstance(found, Checked) else None,
        refused=found if isinstance(found, Refused) else None,
        serial=partly(found.certificate.storage) if isinstance(found, Checked) else "",
        shown=show(found.certificate.asset_code) if isinstance(found, Checked) else "",
    )
