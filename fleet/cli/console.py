"""What all commands share: how they speak, end, and act."""

import sys
from enum import IntEnum
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.db.engine import Database
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.organisations import service as organisations

out, err = Console(soft_wrap=True), Console(stderr=True, soft_wrap=True)

OrganisationOption = Annotated[str, typer.Option("--organisation", "-o", help="Name of the organisation, as it was added.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON alone.")]


class Exit(IntEnum):
    """How a command ends."""

    DONE = 0
    FAILED = 2
    REFUSED = 3


def the_system(organisation: UUID) -> Principal:
    """The command line acts as the system, with an admin's rights."""
    return Principal(organisation, SYSTEM, frozenset({Role.ADMIN}), "command line")


def organisation_id(database: Database, name: str) -> UUID:
    """The organisation of a name. Raises OrganisationNotFound."""
    with unit_of_work(database.engine(DatabaseRole.MAINTENANCE)) as session:
        return organisations.by_name(session, name).id


def plain(text: str) -> None:
    """What another program reads: never wrapped, never coloured."""
    sys.stdout.write(f"{text}\n")
