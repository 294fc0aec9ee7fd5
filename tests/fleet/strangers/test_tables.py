"""Every table and every look-up of the database: forced row-level security, and nothing for another organisation."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fleet.db.engine import Role
from fleet.db.session import unit_of_work
from tests.fleet.strangers.filled_site import OPEN, fill, owned, tables

pytestmark = pytest.mark.db
CANNOT_SEE = ("permission denied", "row-level security", "append-only", "by a transfer alone")


def test_every_table_forces_row_level_security(database):
    without = {name for name, forced in tables(database).items() if not forced and not name.startswith("procrastinate_")}
    assert without <= set(OPEN)


def test_a_stranger_reads_and_writes_nothing_in_any_table(database, workshop):
    filled = fill(database, workshop)
    faults = []
    for table in sorted(set(tables(database)) - set(OPEN)):
        with database.engine(Role.ADMIN).connect() as connection:
            where = owned(connection, table)
            column = connection.execute(
                text("""SELECT column_name FROM information_schema.columns WHERE table_name = :table AND is_generated = 'NEVER'
                        ORDER BY ordinal_position LIMIT 1"""),
                {"table": table},
            ).scalar_one()
        given = {"me": filled.workshop.organisation_id}
        for who in (workshop.organisation_id, None):
            if seen(database, who, f"SELECT count(*) FROM {table} WHERE {where}", given):  # noqa: S608 - names of the schema
                faults.append(f"{table}: read")
            if wrote(database, who, f"UPDATE {table} SET {column} = {column} WHERE {where}", given):  # noqa: S608 - as above
                faults.append(f"{table}: changed")
        copy = f"INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, CAST(:row AS jsonb))).*"
        if not is_generated(database, table) and wrote(
            database, workshop.organisation_id, copy, {"row": row_of(database, table, where, given)}
        ):
            faults.append(f"{table}: added")
    assert faults == []


def is_generated(database, table) -> bool:
    """Such a table takes no whole row; its INSERT would be refused for that alone."""
    with database.engine(Role.ADMIN).connect() as connection:
        query = text("SELECT count(*) FROM information_schema.columns WHERE table_name = :table AND is_generated = 'ALWAYS'")
        return connection.execute(query, {"table": table}).scalar_one() > 0


def row_of(database, table, where, given) -> str:
    """A row of the other organisation, with a new id where it has one."""
    with database.engine(Role.ADMIN).connect() as connection:
        query = text(  # names of the schema
            f"SELECT (to_jsonb(t) || jsonb_build_object('id', gen_random_uuid()))::text FROM {table} t WHERE {where} LIMIT 1"  # noqa: S608 - as above
        )
        return connection.execute(query, given).scalar_one()


def seen(database, organisation, statement, given) -> int:
    try:
        with unit_of_work(database.engine(), organisation) as session:
            return session.execute(text(statement), given).scalar_one()
    except DBAPIError as error:
        if not any(why in str(error) for why in CANNOT_SEE):
            raise
        return 0


def wrote(database, organisation, statement, given) -> int:
    """How many rows it would have written; undone in any case."""
    try:
        with unit_of_work(database.engine(), organisation) as session:
            done = session.execute(text(statement), given).rowcount
            session.rollback()
            return done
    except DBAPIError as error:
        if not any(why in str(error) for why in CANNOT_SEE):
            raise
        return 0


LOOKUPS = {
    "account_by_identity": "id, account_id, organisation_id, active, granted",
    "account_by_login": "id, organisation_id, password_hash, active",
    "account_memberships": "organisation_id, organisation_name, roles",
    "accounts_to_mail": "id, organisation_id",
    "api_token_by_hash": "token_id, organisation_id, organisation_name, name, made_by, roles, scopes",
    "batch_counts": "state, number",
    "bench_by_key": "id, organisation_id, public_key, revoked",
    "certificate_to_verify": "payload, signature, key_id, public_key, accepted_at, adequacy, policy_version, decided_at, "
    "newer_id, wiped_again_at, key_revoked_at",
    "custody_recall": "integer",
    "custody_receive": "integer",
    "custody_send": "device_id, version",
    "departure_of_token": "uuid",
    "device_counts": "state, number",
    "device_organisation": "uuid",
    "devices_with_words": "SETOF uuid",
    "end_account_sessions": "bigint",
    "ended_session": "account_id, organisation_id",
    "enrolment_organisation": "uuid",
    "organisation_face": "name, contact",
    "organisation_named": "uuid",
    "organisation_open": "boolean",
    "organisations_named": "id, name, kind",
    "passkey_by_credential": "id, account_id, organisation_id, public_key, usable",
    "reset_link_account": "id, organisation_id, account_id",
    "session_by_token": "session_id, account_id, organisation_id, organisation_name, display_name, roles, language, "
    "means, workstation_id, must_change",
    "sites_named": "id, name",
    "tag_issuer": "uuid",
    "take_ceremony": "jsonb",
    "workstation_by_token": "id, organisation_id, organisation_name, site_name, name",
    "workstation_code_organisation": "uuid",
}
"""Functions that run with another's rights, and all that they give."""


def lookups(database) -> dict[str, str]:
    """Every function that runs with another's rights: the columns that it gives, else its type."""
    with database.engine(Role.ADMIN).connect() as connection:
        rows = connection.execute(
            text("""SELECT proname, pg_get_function_result(oid) AS result FROM pg_proc
                    WHERE prosecdef AND pronamespace = 'public'::regnamespace""")
        )
        return {row.proname: columns(row.result) for row in rows}


def columns(result: str) -> str:
    if not result.startswith("TABLE("):
        return result
    return ", ".join(part.split()[0] for part in result.removeprefix("TABLE(").removesuffix(")").split(", "))


def test_look_ups_before_an_organisation_is_known_give_what_is_pinned_here(database):
    found = lookups(database)
    assert found == LOOKUPS


def test_only_the_service_may_call_them(database):
    with database.engine(Role.ADMIN).connect() as connection:
        open_to_all = connection.execute(
            text("""SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
                    AND (has_function_privilege('public', oid, 'EXECUTE')
                         OR NOT (proconfig @> ARRAY['search_path=public, pg_temp']))""")
        )
        assert [row.proname for row in open_to_all] == []
