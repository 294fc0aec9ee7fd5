"""`fleet token …`."""

import json
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer
from rich.markup import escape
from sqlmodel import Session

from fleet.accounts import api_tokens
from fleet.accounts.api_tokens_models import ApiToken
from fleet.accounts.api_tokens_rules import DEFAULT_DAYS
from fleet.auth.rules import Scope
from fleet.cli.console import JsonOption, OrganisationOption, organisation_id, out, plain, the_system
from fleet.config import Settings
from fleet.db.engine import Database
from fleet.db.keyset import MAX_PAGE
from fleet.db.session import unit_of_work

app = typer.Typer(no_args_is_help=True, help="API tokens of an organisation.")


@app.command("add")
def token_add(
    name: Annotated[str, typer.Argument(help="What the token is for.")],
    organisation: OrganisationOption,
    scope: Annotated[list[Scope], typer.Option("--scope", "-s", help="May be given several times.")],
    days: Annotated[int, typer.Option(help="How long it is valid, at most 365.")] = DEFAULT_DAYS,
) -> None:
    """Make an API token; it is printed alone, and never again."""
    with Database(Settings()) as database:
        owner = organisation_id(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            made = api_tokens.create(session, the_system(owner), name, scope, days=days)
    plain(made.token)


@app.command("list")
def token_list(organisation: OrganisationOption, *, as_json: JsonOption = False) -> None:
    """The newest 200 tokens of an organisation, ended ones included. The tokens themselves are kept nowhere."""
    with Database(Settings()) as database:
        owner = organisation_id(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            rows = [token.model_dump(mode="json", exclude={"token_hash", "organisation_id"}) for token in _tokens(session, owner)]
    if as_json:
        plain(json.dumps(rows))
    for row in () if as_json else rows:
        ends = f"revoked {row['revoked_at'][:10]}" if row["revoked_at"] else f"valid until {row['expires_at'][:10]}"
        used = f"last used {row['last_used_at'][:10]}" if row["last_used_at"] else "never used"
        out.print(f"{row['id']}  {escape(row['name'])}: {', '.join(row['scopes'])}; {ends}; {used}", highlight=False)


def _tokens(session: Session, owner: UUID) -> Sequence[ApiToken]:
    return api_tokens.page(session, the_system(owner), limit=MAX_PAGE).items


@app.command("revoke")
def token_revoke(
    token: Annotated[UUID, typer.Argument(help="Its number, from `fleet token list`.")], organisation: OrganisationOption
) -> None:
    """End an API token at once."""
    with Database(Settings()) as database:
        owner = organisation_id(database, organisation)
        with unit_of_work(database.engine(), owner) as session:
            row = api_tokens.revoke(session, the_system(owner), token)
            name = row.name
    out.print(f"{escape(name)} is revoked: it opens nothing any more.")
