"""`fleet user …`."""

import sys
from typing import Annotated
from uuid import UUID

import typer
from sqlmodel import Session

from fleet.accounts import people, resets
from fleet.accounts import service as accounts
from fleet.accounts.tokens import new_token
from fleet.auth.rules import Role
from fleet.cli.console import OrganisationOption, organisation_id, out, plain, the_system
from fleet.config import Settings
from fleet.db.engine import Database
from fleet.db.session import unit_of_work

app = typer.Typer(no_args_is_help=True, help="Staff accounts.")


@app.command("add")
def user_add(
    login: Annotated[str, typer.Argument(help="What the person signs in with.")],
    organisation: OrganisationOption,
    role: Annotated[list[Role], typer.Option("--role", "-r", help="May be given several times.")],
    name: Annotated[str | None, typer.Option(help="Name to show; the login otherwise.")] = None,
    *,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")] = False,
    link: Annotated[bool, typer.Option("--link", help="Print a link with which the person chooses a password.")] = False,
) -> None:
    """Add a staff account; the password is asked for, or chosen by its person with a link (once, within 24 hours)."""
    if link:
        password = new_token()
    elif password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    settings = Settings()
    with Database(settings) as database:
        owner = organisation_id(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            made = accounts.create(session, the_system(owner), login, name or login, password, frozenset(role))
            address = link_for(session, settings, owner, made.id) if link else None
    out.print(f"{login} was added to {organisation} as {', '.join(role)}.")
    show_link(login, address)


@app.command("link")
def user_link(
    login: Annotated[str, typer.Argument(help="Whose password is forgotten.")],
    organisation: OrganisationOption,
) -> None:
    """Print a link with which somebody chooses a new password, once, within 24 hours; also for an admin who is locked out."""
    settings = Settings()
    with Database(settings) as database:
        owner = organisation_id(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            person = people.by_login(session, the_system(owner), login)
            address = link_for(session, settings, owner, person.id)
    show_link(person.login, address)


def link_for(session: Session, settings: Settings, owner: UUID, account_id: UUID) -> str:
    """A one-time link for an account whose home is this organisation. Raises AccountNotFound."""
    return f"{settings.public_url}/reset/{resets.hand_over(session, the_system(owner), account_id)}"


def show_link(login: str, address: str | None) -> None:
    """The link on a line of its own, to be copied; it is kept nowhere."""
    if address is not None:
        out.print(f"{login} chooses a password here, once, within 24 hours:")
        plain(address)


@app.command("invite")
def user_invite(
    login: Annotated[str, typer.Argument(help="Login of somebody who has an account at another organisation.")],
    organisation: OrganisationOption,
    role: Annotated[list[Role], typer.Option("--role", "-r", help="May be given several times.")],
) -> None:
    """Give somebody of another organisation roles in this one."""
    with Database(Settings()) as database:
        owner = organisation_id(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            people.invite(session, the_system(owner), login, frozenset(role))
    out.print(f"{login} works for {organisation} too, as {', '.join(role)}.")


@app.command("sign-out")
def user_sign_out(
    login: Annotated[str, typer.Argument(help="Whose sign-ins end.")],
    organisation: OrganisationOption,
) -> None:
    """End all sign-ins of somebody, on every computer; a guest of the organisation stays signed in at home."""
    with Database(Settings()) as database:
        owner = organisation_id(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            principal = the_system(owner)
            ended = people.sign_out(session, principal, people.by_login(session, principal, login).id)
    out.print(f"{login}: {ended} sign-ins ended.")
