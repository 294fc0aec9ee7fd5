"""Pages of badges: one's own, and those of everybody for the admin."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from fleet.accounts import badges
from fleet.accounts.badges import IssuedBadge, Person
from fleet.accounts.badges_rules import PIN_DIGITS
from fleet.auth.identity import AdminUnit, StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import BADGE_ROLES, SignInMeans, effective
from fleet.errors import N_
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import gettext, render
from labels import qr
from labels.card import BadgeCard, badge_card

router = page_router()
PIN_SET: Final = Notice("badge-pin-set", N_("Your PIN is set."))
BLOCKED: Final = Notice("badge-blocked", N_("The badge is blocked. It opens nothing any more."))
FREED: Final = Notice("badge-freed", N_("The badge works again."))
FOOT: Final = N_("Found? Bring it to the desk of this organisation.")
Cursor = Annotated[str | None, Query(alias="after", max_length=400)]


class _MakeForm(BaseModel):
    replaces: UUID | None = None


@router.get("/account/badge")
def own_page(request: Request, unit: StaffUnit) -> Response:
    """One's own badge: make, replace or block it; set its PIN."""
    return _own(request, unit, FormState(), 200)


@router.post("/account/badge")
def make_own(request: Request, unit: StaffUnit, posted: PostedForm) -> Response:
    """Make or replace one's own badge; its card stands in the answer and nowhere else."""
    me = badges.own(unit.session, unit.principal)
    with redisplaying(request, unit.session, posted, lambda form, status: _own(request, unit, form, status)):
        wanted = posted.parse(_MakeForm)
        issued = badges.issue(unit.session, unit.principal, me.account_id, wanted.replaces)
    return _card_page(request, unit, issued, "/account/badge")


@router.post("/account/badge/pin")
def set_pin(request: Request, unit: StaffUnit, posted: PostedForm) -> Response:
    """Set the PIN."""
    with redisplaying(request, unit.session, posted, lambda form, status: _own(request, unit, form, status)):
        badges.set_pin(unit.session, unit.principal, posted.raw("pin").strip(), posted.raw("again").strip())
    return after("/account/badge", PIN_SET)


@router.get("/badges")
def list_page(request: Request, unit: AdminUnit, cursor: Cursor = None) -> Response:
    """Everybody who works here, with their badges."""
    return _list(request, unit, FormState(), 200, cursor)


@router.post("/badges/of/{account_id}")
def make(request: Request, unit: AdminUnit, account_id: UUID, posted: PostedForm) -> Response:
    """Make or replace somebody's badge."""
    with redisplaying(request, unit.session, posted, lambda form, status: _list(request, unit, form, status)):
        wanted = posted.parse(_MakeForm)
        issued = badges.issue(unit.session, unit.principal, account_id, wanted.replaces)
    return _card_page(request, unit, issued, "/badges")


@router.post("/badges/card")
def card(request: Request, unit: StaffUnit, posted: PostedForm) -> Response:
    """The card of a badge that was just made, as PDF."""
    issued = badges.card_of(unit.session, unit.principal, posted.get("code"))
    drawn = badge_card(BadgeCard(issued.name, unit.principal.organisation_name, issued.code, gettext(request, FOOT)))
    return Response(drawn, media_type="application/pdf", headers={"Content-Disposition": 'inline; filename="badge.pdf"'})


@router.post("/badges/{badge_id}/block")
def block(unit: StaffUnit, badge_id: UUID, posted: PostedForm) -> Response:
    """Block a badge at once: one's own, or as an admin any."""
    badges.block(unit.session, unit.principal, badge_id)
    return after("/account/badge" if posted.get("from") == "own" else "/badges", BLOCKED)


@router.post("/badges/{badge_id}/free")
def free(unit: AdminUnit, badge_id: UUID) -> Response:
    """Forget the wrong PINs of a badge."""
    badges.free(unit.session, unit.principal, badge_id)
    return after("/badges", FREED)


def _own(request: Request, unit: Unit, form: FormState, status: int) -> Response:
    me = badges.own(unit.session, unit.principal)
    return render(
        request,
        "accounts/badge_own.html",
        status=status,
        form=form,
        person=me,
        can_have=can_have(me),
        by_badge=unit.principal.means is SignInMeans.BADGE,
        digits=PIN_DIGITS,
    )


def _list(request: Request, unit: Unit, form: FormState, status: int, cursor: str | None = None) -> Response:
    page = badges.page(unit.session, unit.principal, cursor=cursor)
    return render(
        request,
        "accounts/badges.html",
        status=status,
        form=form,
        page=page,
        can_have=can_have,
        first="/badges" if cursor else None,
        next=f"/badges?after={page.next}" if page.next else None,
    )


def _card_page(request: Request, unit: Unit, issued: IssuedBadge, back: str) -> Response:
    return render(
        request,
        "accounts/badge_new.html",
        issued=issued,
        back=back,
        symbol=qr.symbol(issued.code).modules,
        organisation=unit.principal.organisation_name,
    )


def can_have(person: Person) -> bool:
    """Whether a badge would open anything to this person."""
    return not effective(person.roles).isdisjoint(BADGE_ROLES)
