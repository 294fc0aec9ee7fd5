"""What an export holds of each table of the database."""

import json
import re
import zipfile

import pytest
from sqlalchemy import text

from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.db.engine import Role as DatabaseRole
from fleet.departures import service
from fleet.departures.content import ELSEWHERE, LEFT_OUT, TABLES
from tests.fleet.strangers.filled_site import OPEN, fill, tables

pytestmark = pytest.mark.db

MADE_UP = {"destruction-answers"}
"""The filler's row belongs to no record, so row-level security hides it."""


def exported(table) -> list[str]:
    """The files whose query reads this table first."""
    return [name for name, query in TABLES.items() if re.search(rf"\bFROM {table}\b", query)]


def test_every_table_is_exported_or_left_out_for_a_reason(settings, database, workshop):
    filled = fill(database, workshop)
    own = Principal(filled.workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with filled.workshop.unit() as session:
        path = service.export(session, own, settings).path
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    known = {name for name in tables(database) if not name.startswith("procrastinate_")} - set(OPEN)
    assert (set(LEFT_OUT) | set(ELSEWHERE)) <= known
    faults = {table: "not in the export" for table in known - set(LEFT_OUT) - set(ELSEWHERE) if not exported(table)}
    for table in known & (set(LEFT_OUT) | set(ELSEWHERE)):
        faults |= {table: "both in the export and left out"} if exported(table) else {}
    faults |= {name: "has no row" for name in set(TABLES) - MADE_UP if not parts[f"{name}.ndjson"].strip()}
    faults |= {place: "is missing" for place in ELSEWHERE.values() if not any(name.startswith(place) for name in parts)}
    assert faults == {}
    check_that_no_secret_is_in_it(database, parts)


def check_that_no_secret_is_in_it(database, parts):
    """Whatever the database keeps as a hash of a password, PIN, token or code, is in no file."""
    with database.engine(DatabaseRole.ADMIN).connect() as connection:
        columns = connection.execute(
            text("""SELECT table_name, column_name FROM information_schema.columns
                    WHERE table_schema = 'public' AND column_name ~ '^(token|code|pin|password)_hash$'""")
        ).all()
        assert len(columns) > 6
        for table, column in columns:
            for value in connection.execute(text(f"SELECT to_jsonb({column})::text FROM {table}")).scalars():  # noqa: S608 - names of the schema
                secret = json.loads(value) if value else ""
                long = len(secret) >= 20  # shorter ones are made up
                assert not (long and any(secret.encode() in content for content in parts.values())), (table, column)
    for name in TABLES:
        keys = {key for line in parts[f"{name}.ndjson"].splitlines() for key in json.loads(line)}
        assert not {key for key in keys if re.search(r"(token|code|pin|password)_hash", key)}, name
