"""An organisation with at least one row in every table, each of its texts and ids to be recognised wherever it appears."""

import hashlib
import os
from dataclasses import dataclass, field
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from fleet.auth.rules import SYSTEM, Principal
from fleet.auth.rules import Role as AccountRole
from fleet.custody import service as custody
from fleet.db.engine import Role
from fleet.destruction import service as destruction
from fleet.donations import service as donations
from fleet.images import service as images
from fleet.wipes import policies
from labels.codes import show
from tests.fleet.conftest import Workshop, make_workshop
from tests.fleet.destruction.test_service import told
from tests.fleet.drives.bench_drives import Bench
from tests.fleet.images.manifests import manifest
from tests.fleet.wipes.test_deciding import PURGE

OPEN = {
    "alembic_version": "the schema's version",
    "sign_in_failures": "a hash of login and address, and a count: it belongs to nobody yet",
    "sign_in_ceremony": "a hash of a challenge: it belongs to nobody yet",
}
"""Tables without an organisation's data, and why."""
NAME = "Zilvermeeuw"
MARK = "zqxj"
"""Begins every text that the filler writes."""
OVERRIDES = {
    "tag.code": "'ZQXJ5E47'",
    "account.language": "'nl'",
    "account_session.means": "'password'",
}


def tables(database) -> dict[str, bool]:
    """Every table, and whether row-level security is forced on it."""
    with database.engine(Role.ADMIN).connect() as connection:
        rows = connection.execute(
            text("""SELECT c.relname, c.relforcerowsecurity AND c.relrowsecurity AND EXISTS (
                        SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS forced
                    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')""")
        )
        return {row.relname: row.forced for row in rows}


@dataclass
class Filled:
    """The organisation, and one id for each table of its own."""

    workshop: Workshop
    code: str
    transfer: str
    drive: str
    other: str
    """Id of the organisation to which it sends something."""
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    def one(self, table: str, column: str = "id") -> str:
        """A value of its row in a table."""
        return self.ids[table][column]

    @property
    def marks(self) -> set[str]:
        """What nobody else may read: names, codes, and every id."""
        found = {NAME.lower(), MARK, self.code.lower(), show(self.code).lower()}
        for row in self.ids.values():
            found |= {value.lower() for name, value in row.items() if name == "id" or name.endswith("_id")}
        return found - {"none", "", self.other}


def fill(database, other: Workshop) -> Filled:
    """The organisation at work, and a row for whatever its work did not touch."""
    workshop = make_workshop(database, NAME)
    bench = Bench(workshop)
    code = bench.laptop("S-SECRET-1", wiped=True)
    drive, medium = bench.drive("S-SECRET-2", wiped=False)
    with workshop.unit() as session:
        donor = donations.register_donor(session, workshop.lead, donations.NewDonor(f"{MARK} donor", town="Gent"))
        donation = donations.register(session, workshop.lead, donations.NewDonation(donor.id, declared_count=3, note=MARK))
        donations.open_batch(session, workshop.lead, donation.id, donations.Arrival(3, 4000, MARK))
    with workshop.unit() as session:
        destruction.record(session, workshop.worker, drive, told(medium.key))
    with workshop.unit() as session:
        admin = Principal(workshop.organisation_id, SYSTEM, frozenset({AccountRole.ADMIN}), "setup")
        images.publish(session, admin, manifest(name=f"{MARK}-image"), Ed25519PrivateKey.generate())
        policies.set_policy(session, admin, PURGE)
    with workshop.unit() as session:
        transfer = custody.draft(session, workshop.worker, custody.Destination(other.organisation_id))
        custody.pack(session, workshop.worker, transfer.id, code)
        filled = Filled(workshop, code, str(transfer.id), drive, str(other.organisation_id))
    _rest(database, filled)
    return filled


def _rest(database, filled: Filled) -> None:
    """A row in each table that is still empty, made from what the schema says of its columns."""
    waiting = sorted(set(tables(database)) - set(OPEN))
    with database.engine(Role.ADMIN).begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # no triggers: rows of any shape will do
        connection.execute(text("UPDATE site SET name = :name WHERE id = :id"), {"name": MARK, "id": filled.workshop.site_id})
        for table in waiting:
            row = _row(connection, table, filled)
            if row is None:
                _insert(connection, table, filled)
                row = _row(connection, table, filled)
            assert row is not None, f"{table} stayed empty"
            filled.ids[table] = {name: str(value) for name, value in row.items()}
        connection.execute(text("SET session_replication_role = origin"))


def _row(connection, table: str, filled: Filled) -> dict[str, object] | None:
    where, given = owned(connection, table), {"me": filled.workshop.organisation_id, "code": filled.code}
    where += " AND asset_code = :code" if table == "device" else ""
    found = connection.execute(text(f"SELECT * FROM {table} WHERE {where} LIMIT 1"), given).mappings().first()  # noqa: S608
    return dict(found) if found else None


def owned(connection, table: str) -> str:
    """The condition for rows of the organisation `:me`, by the columns that a table has."""
    columns = {row.column_name for row in _columns(connection, table)}
    if table == "organisation":
        return "id = :me"
    for column in ("organisation_id", "owner_id", "sender_id"):
        if column in columns:
            return f"{column} = :me"
    for column, parent in (
        ("device_id", "device"),
        ("transfer_id", "transfer"),
        ("account_id", "account"),
        ("run_id", "bulk_run"),
    ):
        if column in columns:
            mine = owned(connection, parent)
            return f"{column} IN (SELECT id FROM {parent} WHERE {mine})"  # noqa: S608 - names of the schema
    raise AssertionError(f"say in `owned` whose a row of {table} is")


def _columns(connection, table: str):
    query = text("""SELECT column_name, data_type, udt_name, is_nullable, column_default, is_generated, character_maximum_length
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name = :table""")
    return connection.execute(query, {"table": table}).all()


def _insert(connection, table: str, filled: Filled) -> None:
    names, values = [], []
    for column in _columns(connection, table):
        if column.is_generated == "ALWAYS" or (column.column_default and column.column_name != "id"):
            continue
        if column.is_nullable == "YES" and column.column_name not in {"organisation_id", "account_id"}:
            continue
        names.append(column.column_name)
        values.append(_value(connection, table, column, filled))
    connection.execute(text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(values)})"))  # noqa: S608 - of the schema


_KNOWN = {
    "organisation_id": "organisation",
    "account_id": "account",
    "site_id": "site",
    "bench_id": "bench",
    "device_id": "device",
}
_KNOWN |= {"made_by": "account", "workstation_id": "workstation", "transfer_id": "transfer", "badge_id": "badge"}


def _value(connection, table: str, column, filled: Filled) -> str:
    """A literal that its type, its keys and its CHECK take."""
    if chosen := OVERRIDES.get(f"{table}.{column.column_name}"):
        return chosen
    if column.column_name == "device_id":  # not the device that is looked at: what is made up here cannot be shown
        return f"(SELECT id FROM device WHERE asset_code = '{filled.drive}')"  # noqa: S608 - a code of ours
    if parent := _KNOWN.get(column.column_name):
        row = filled.ids.get(parent) or _row(connection, parent, filled)
        return f"'{row['id']}'" if row else f"'{uuid4()}'"
    if allowed := _allowed(connection, table, column.column_name):
        return f"ARRAY['{allowed}']::varchar[]" if column.data_type == "ARRAY" else f"'{allowed}'"
    word = f"{MARK}{os.urandom(6).hex()}"[: column.character_maximum_length or 40]
    digest = hashlib.sha256(word.encode()).hexdigest()
    if column.udt_name == "_varchar":
        return f"ARRAY['{MARK}']::varchar[]"
    by_type = {"uuid": f"'{uuid4()}'", "boolean": "true", "jsonb": "'{}'", "ARRAY": "'{}'"}
    by_type |= {"integer": "1", "bigint": "1", "double precision": "1", "bytea": f"decode('{digest}', 'hex')"}
    by_type |= {"timestamp with time zone": "now()", "date": "current_date"}
    return by_type.get(column.data_type, f"'{word}'")


def _allowed(connection, table: str, column: str) -> str | None:
    """The first value of a list that a CHECK of this column gives, or a text that its pattern takes."""
    query = text("""SELECT pg_get_constraintdef(oid) FROM pg_constraint
        WHERE contype = 'c' AND conrelid = CAST(:table AS regclass)""")
    for (definition,) in connection.execute(query, {"table": table}):
        if f"({column})" in definition or f"({column} " in definition or f" {column} " in definition:
            if "ARRAY['" in definition:
                return str(definition.split("ARRAY['")[1].split("'")[0])
            if "[0-9a-f]{64}" in definition:
                return "ab" * 32
    return None
