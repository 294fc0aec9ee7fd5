"""JSON API of sign-in, accounts and benches, under /api/v1."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, status

from fleet.accounts import benches, former, people, resets, service, signin
from fleet.accounts.benches import CODE_VALID, BenchNotFound
from fleet.accounts.cookies import clear_session, set_session
from fleet.accounts.known_devices import device_of, remember
from fleet.accounts.people import AlreadyHere, LoginUnknown
from fleet.accounts.proof import PasswordNeeded
from fleet.accounts.rules import LoginInvalid, PasswordIsLogin, PasswordTooLong, PasswordTooShort
from fleet.accounts.schemas import (
    AccountChange,
    AccountIn,
    AccountOut,
    AccountPage,
    ActiveIn,
    BenchOut,
    BenchPage,
    CodeIn,
    CodeOut,
    InvitationIn,
    MeOut,
    PasswordIn,
    ResetLinkOut,
    SessionOut,
    SessionsEndedOut,
    SignInIn,
)
from fleet.accounts.service import AccountNotFound, LastAdmin, LoginTaken, NameMissing, RolesWrong
from fleet.accounts.signin import SignInRefused, SignInTooOften
from fleet.auth.bearer import TOKENS
from fleet.auth.identity import STAFF, AdminUnit, StaffUnit
from fleet.auth.rules import Role, demand
from fleet.db.engine import Database
from fleet.db.keyset import DEFAULT_PAGE, MAX_PAGE, CursorInvalid
from fleet.db.session import get_database
from fleet.errors import TooMany, Unauthenticated
from fleet.organisations.errors import PlaceClosed, SiteNotFound
from fleet.web.configured import SettingsDep
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1", tags=["accounts"], responses=problems(RequestInvalid))
DatabaseDep = Annotated[Database, Depends(get_database)]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
PASSWORD_ERRORS = (PasswordTooShort, PasswordTooLong, PasswordIsLogin, TooMany)


@router.post("/session", status_code=status.HTTP_201_CREATED, responses=problems(SignInRefused, SignInTooOften, TooMany))
def open_session(
    request: Request, response: Response, database: DatabaseDep, settings: SettingsDep, body: SignInIn
) -> SessionOut:
    """Sign in. The session's token comes as a cookie that scripts cannot read."""
    address = request.client.host if request.client else ""
    valid = timedelta(hours=settings.session_hours)
    opened = signin.sign_in(
        database.engine(),
        body.login,
        body.password.get_secret_value(),
        address,
        valid,
        idle=timedelta(minutes=settings.session_idle_minutes),
        user_agent=request.headers.get("user-agent", ""),
        device=device_of(request, settings, body.login),
    )
    former.leave(request, database, settings)
    set_session(response, opened.token, valid, secure=settings.secure_cookies)
    remember(request, response, settings, body.login)
    return SessionOut(csrf_token=opened.csrf_token, expires_at=opened.expires_at)


@router.delete("/session", status_code=status.HTTP_204_NO_CONTENT, responses=problems(*STAFF))
def close_session(response: Response, unit: StaffUnit, settings: SettingsDep, *, everywhere: bool = False) -> None:
    """Sign out here, or everywhere."""
    if everywhere:
        signin.sign_out_everywhere(unit.session, unit.principal)
    else:
        signin.sign_out(unit.session, unit.principal)
    clear_session(response, secure=settings.secure_cookies)


@router.get("/me", responses=problems(Unauthenticated, *TOKENS))
def read_me(unit: StaffUnit) -> MeOut:
    """Who is signed in, and the token for changes."""
    principal = unit.principal
    return MeOut(
        account_id=principal.actor.person,
        name=principal.name,
        roles=sorted(principal.roles),
        organisation_id=principal.organisation_id,
        organisation_name=principal.organisation_name,
        language=principal.language,
        csrf_token=principal.csrf_token,
    )


@router.get("/accounts", responses=problems(*STAFF, CursorInvalid))
def list_accounts(unit: StaffUnit, limit: Limit = DEFAULT_PAGE, cursor: str | None = None) -> AccountPage:
    """The people of the organisation, by login; for admins, leads and auditors."""
    demand(unit.principal, Role.ADMIN, Role.LEAD, Role.AUDITOR)
    page = service.page(unit.session, unit.principal, limit=limit, cursor=cursor)
    return AccountPage(items=[AccountOut.model_validate(account) for account in page.items], next=page.next)


@router.post(
    "/accounts",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*STAFF, LoginTaken, LoginInvalid, NameMissing, RolesWrong, *PASSWORD_ERRORS),
)
def create_account(unit: AdminUnit, body: AccountIn) -> AccountOut:
    """Add an account. The password is changed at its first sign-in: two people know it until then."""
    password = body.password.get_secret_value()
    account = service.create(
        unit.session,
        unit.principal,
        body.login,
        body.display_name,
        password,
        body.roles,
        language=body.language,
        must_change=True,
    )
    return AccountOut.model_validate(account)


@router.put("/accounts/{account_id}", responses=problems(*STAFF, AccountNotFound, NameMissing, RolesWrong, LastAdmin))
def change_account(unit: AdminUnit, account_id: UUID, body: AccountChange) -> AccountOut:
    """Change what an account is called and may do."""
    account = service.change(unit.session, unit.principal, account_id, body.display_name, body.roles, body.language)
    return AccountOut.model_validate(account)


@router.put("/accounts/{account_id}/active", responses=problems(*STAFF, AccountNotFound, LastAdmin))
def change_active(unit: AdminUnit, account_id: UUID, body: ActiveIn) -> AccountOut:
    """Let an account in, or keep it out and end its sessions."""
    account = service.set_active(unit.session, unit.principal, account_id, active=body.active)
    return AccountOut.model_validate(account)


@router.put(
    "/accounts/{account_id}/password",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(*STAFF, AccountNotFound, PasswordNeeded, *PASSWORD_ERRORS),
)
def change_password(unit: AdminUnit, account_id: UUID, body: PasswordIn) -> None:
    """Give an account a new password; its sessions end."""
    service.set_password(unit.session, unit.principal, account_id, body.password.get_secret_value())


@router.post(
    "/accounts/invitations",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*STAFF, LoginInvalid, LoginUnknown, AlreadyHere, RolesWrong),
)
def invite(unit: AdminUnit, body: InvitationIn) -> AccountOut:
    """Give somebody of another organisation roles in this one."""
    return AccountOut.model_validate(people.invite(unit.session, unit.principal, body.login, body.roles))


@router.post(
    "/accounts/{account_id}/reset-link",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*STAFF, AccountNotFound, PasswordNeeded),
)
def make_reset_link(unit: AdminUnit, settings: SettingsDep, account_id: UUID) -> ResetLinkOut:
    """Make a one-time link with which the person chooses a new password; earlier links end."""
    token = resets.hand_over(unit.session, unit.principal, account_id)
    return ResetLinkOut(address=f"{settings.public_url}/reset/{token}", valid_for_s=int(resets.BY_ADMIN.total_seconds()))


@router.post("/accounts/{account_id}/sign-out", responses=problems(*STAFF, AccountNotFound))
def end_sessions(unit: AdminUnit, account_id: UUID) -> SessionsEndedOut:
    """End somebody's sign-ins; a guest stays signed in at home."""
    return SessionsEndedOut(sessions=people.sign_out(unit.session, unit.principal, account_id))


@router.get("/benches", tags=["benches"], responses=problems(*STAFF, CursorInvalid))
def list_benches(unit: StaffUnit, limit: Limit = DEFAULT_PAGE, cursor: str | None = None) -> BenchPage:
    """The organisation's benches in the order of enrolment, revoked ones included."""
    page = benches.page(unit.session, limit=limit, cursor=cursor)
    return BenchPage(items=[BenchOut.model_validate(bench) for bench in page.items], next=page.next)


@router.post(
    "/benches/codes",
    tags=["benches"],
    status_code=status.HTTP_201_CREATED,
    responses=problems(*STAFF, SiteNotFound, PlaceClosed),
)
def create_code(unit: AdminUnit, body: CodeIn) -> CodeOut:
    """Make a one-time code with which one bench enrols."""
    code = service.issue_enrolment_code(unit.session, unit.principal, body.site_id)
    return CodeOut(code=code, valid_for_s=int(CODE_VALID.total_seconds()))


@router.post("/benches/{bench_id}/revocation", tags=["benches"], responses=problems(*STAFF, BenchNotFound))
def revoke_bench(unit: AdminUnit, bench_id: UUID) -> BenchOut:
    """From now on the bench's key opens nothing."""
    return BenchOut.model_validate(benches.revoke(unit.session, unit.principal, bench_id))
