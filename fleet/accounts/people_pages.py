"""People and their rights: an admin changes them, an auditor looks."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from fleet.accounts import people, resets, service
from fleet.accounts.repository import Member
from fleet.accounts.service import RolesWrong
from fleet.accounts.tokens import new_token
from fleet.auth.identity import AdminUnit, StaffUnit, Unit
from fleet.auth.pages import page_router
from fleet.auth.rules import Role, demand
from fleet.errors import N_
from fleet.ui.i18n import Language
from fleet.web.configured import SettingsDep
from fleet.web.forms import FormState, Posted, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from labels import qr

router = page_router()
GIVEN: Final = tuple(role for role in Role if role is not Role.BENCH)
"""The roles that people can have."""
DUTIES: Final = {
    Role.WORKSHOP: N_("Receive, inspect, wipe, repair and test devices."),
    Role.LEAD: N_("All of the workshop, and decide on tasks and corrections."),
    Role.LENDING: N_("Receive devices at the desk, lend them and take them back."),
    Role.SOCIAL: N_("Decide who gets a device."),
    Role.ADMIN: N_("People, rights, places and settings."),
    Role.AUDITOR: N_("See everything of this organisation, change nothing."),
}
INVITED: Final = Notice("person-invited", N_("Invited. They see this organisation in their menu now."))
SAVED: Final = Notice("person-saved", N_("Saved. New rights work from the next click on."))
CLOSED: Final = Notice("person-closed", N_("Closed. This person is signed out everywhere here."), "warn", "lock")
OPENED: Final = Notice("person-opened", N_("Open again. This person can sign in."))
OUT: Final = Notice("person-out", N_("Signed out. They can sign in again."))


class PersonForm(BaseModel):
    """What an admin says of a person."""

    display_name: str = Field(min_length=1, max_length=120)
    language: Language | None = None


class NewPersonForm(PersonForm):
    """A new account."""

    login: str = Field(min_length=2, max_length=64)


class InviteForm(BaseModel):
    """Somebody of another organisation."""

    login: str = Field(min_length=2, max_length=64)


@router.get("/accounts/new")
def new_form(request: Request, unit: AdminUnit) -> Response:
    """Who, and which roles."""
    return _new_page(request, unit, FormState(), 200)


@router.post("/accounts/new")
def create(request: Request, unit: AdminUnit, settings: SettingsDep, posted: PostedForm) -> Response:
    """Add the account; its person chooses a password with the link that the answer shows."""
    with redisplaying(request, unit.session, posted, lambda form, status: _new_page(request, unit, form, status)):
        wanted = posted.parse(NewPersonForm)
        language = wanted.language.value if wanted.language else None
        nobodys = new_token()  # a password that nobody knows, until the link is used
        made = service.create(
            unit.session, unit.principal, wanted.login, wanted.display_name, nobodys, _roles(posted), language=language
        )
        people.set_email(unit.session, unit.principal, made.id, posted.get("email"))
        token = resets.hand_over(unit.session, unit.principal, made.id)
    return _link_page(request, settings.public_url, made, token, "/accounts")


@router.get("/accounts/invite")
def invite_form(request: Request, unit: AdminUnit) -> Response:
    """Whom, and which roles."""
    return _invite_page(request, unit, FormState(), 200)


@router.post("/accounts/invite")
def invite(request: Request, unit: AdminUnit, posted: PostedForm) -> Response:
    """Give somebody of another organisation roles here."""
    with redisplaying(request, unit.session, posted, lambda form, status: _invite_page(request, unit, form, status)):
        made = people.invite(unit.session, unit.principal, posted.parse(InviteForm).login, _roles(posted))
    return after(f"/accounts/{made.id}", INVITED)


@router.get("/accounts/{account_id}")
def person_page(request: Request, unit: StaffUnit, account_id: UUID) -> Response:
    """One person, with roles and what can be done. Raises RoleMissing, AccountNotFound."""
    demand(unit.principal, Role.ADMIN, Role.AUDITOR, Role.LEAD)
    return _person_page(request, unit, people.find(unit.session, unit.principal, account_id), FormState(), 200)


@router.post("/accounts/{account_id}")
def change(request: Request, unit: AdminUnit, account_id: UUID, posted: PostedForm) -> Response:
    """Name, language and roles."""
    person = people.find(unit.session, unit.principal, account_id)
    with redisplaying(request, unit.session, posted, lambda form, status: _person_page(request, unit, person, form, status)):
        wanted = posted.parse(PersonForm)
        language = wanted.language.value if wanted.language else None
        service.change(unit.session, unit.principal, account_id, wanted.display_name, _roles(posted), language)
        if person.home:
            people.set_email(unit.session, unit.principal, account_id, posted.get("email"))
    return after(f"/accounts/{account_id}", SAVED)


@router.post("/accounts/{account_id}/active")
def set_active(request: Request, unit: AdminUnit, account_id: UUID, posted: PostedForm) -> Response:
    """Close or open the door."""
    person, active = people.find(unit.session, unit.principal, account_id), posted.get("active") == "yes"
    with redisplaying(request, unit.session, posted, lambda form, status: _person_page(request, unit, person, form, status)):
        service.set_active(unit.session, unit.principal, account_id, active=active)
    return after(f"/accounts/{account_id}", OPENED if active else CLOSED)


@router.post("/accounts/{account_id}/sign-out")
def sign_out(unit: AdminUnit, account_id: UUID) -> Response:
    """End this person's sign-ins."""
    people.sign_out(unit.session, unit.principal, account_id)
    return after(f"/accounts/{account_id}", OUT)


@router.post("/accounts/{account_id}/reset")
def reset(request: Request, unit: AdminUnit, settings: SettingsDep, account_id: UUID) -> Response:
    """A one-time link; it stands in this answer and nowhere else."""
    person = people.find(unit.session, unit.principal, account_id)
    token = resets.hand_over(unit.session, unit.principal, account_id)
    return _link_page(request, settings.public_url, person, token, f"/accounts/{account_id}")


def _roles(posted: Posted) -> frozenset[Role]:
    """The ticked roles. Raises RolesWrong."""
    known = {role.value: role for role in GIVEN}
    ticked = posted.fields.get("roles", ())
    if not ticked or any(value not in known for value in ticked):
        raise RolesWrong(field="roles")
    return frozenset(known[value] for value in ticked)


def _held(form: FormState, roles: Collection[Role]) -> Collection[str]:
    """What is ticked: what was sent, else what stands."""
    return [role.value for role in roles] if form.typed is None else form.values("roles")


def _new_page(request: Request, unit: Unit, form: FormState, status: int) -> Response:  # noqa: ARG001 - as the others
    held, languages = _held(form, ()), list(Language)
    return render(request, "accounts/person_new.html", status=status, form=form, duties=DUTIES, held=held, languages=languages)


def _invite_page(request: Request, unit: Unit, form: FormState, status: int) -> Response:  # noqa: ARG001 - as the others
    return render(request, "accounts/person_invite.html", status=status, form=form, duties=DUTIES, held=_held(form, ()))


def _person_page(request: Request, unit: Unit, person: Member, form: FormState, status: int) -> Response:
    return render(
        request,
        "accounts/person.html",
        status=status,
        form=form,
        person=person,
        may=unit.principal.has(Role.ADMIN),
        myself=person.id == unit.principal.actor.id,
        duties=DUTIES,
        held=_held(form, person.roles),
        languages=list(Language),
    )


def _link_page(request: Request, public_url: str, person: Member, token: str, back: str) -> Response:
    address = f"{public_url}/reset/{token}"
    return render(
        request, "accounts/reset_link.html", person=person, address=address, symbol=qr.symbol(address).modules, back=back
    )
