"""Every table with an organisation's data, seen by a stranger, by nobody, and by the table's owner."""

import pytest
from sqlalchemy import text

from fleet.db.engine import Role
from fleet.db.session import unit_of_work
from fleet.intake.service import take_in
from tests.fleet.bench_events import CODE, Wire

pytestmark = pytest.mark.db
OPEN = {"alembic_version", "sign_in_failures", "donation_counter"}
"""Tables without an organisation's data: the schema's version, digests of wrong passwords."""


def tables(database):
    with database.engine(Role.ADMIN).connect() as connection:
        rows = connection.execute(
            text("""SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class
                    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'""")
        )
        return {row.relname: row.forced for row in rows}


@pytest.fixture
def busy(workshop):
    """A workshop in which something happened in (nearly) every table."""
    wire = Wire(workshop.bench.id, workshop.bench_key)
    for document in [*wire.whole_job(), wire.wipe_started("71RDEY40")]:
        with workshop.unit() as session:
            take_in(session, workshop.sender, document)
    return workshop


def seen(database, table, organisation):
    with unit_of_work(database.engine(), organisation) as session:
        return session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - names from pg_class


def test_every_table_forces_it(database):
    assert {name for name, forced in tables(database).items() if not forced} <= OPEN


def test_a_stranger_sees_no_row_of_anything(busy, stranger):
    before = {name: seen(busy.database, name, busy.organisation_id) for name in set(tables(busy.database)) - OPEN}
    for name, ours in before.items():
        own = seen(busy.database, name, stranger.organisation_id)
        with busy.database.engine(Role.MAINTENANCE).connect() as connection:
            total = connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608 - as above
        assert ours + own == total, name


def test_without_an_organisation_nothing_is_seen(busy):
    for name in set(tables(busy.database)) - OPEN:
        assert seen(busy.database, name, None) == 0, name


def test_the_setting_ends_with_its_transaction(busy):
    engine = busy.database.engine()
    with unit_of_work(engine, busy.organisation_id) as session:
        assert session.execute(text("SELECT count(*) FROM device")).scalar_one() == 1
    for _ in range(12):
        with unit_of_work(engine) as session:
            assert session.execute(text("SELECT count(*) FROM device")).scalar_one() == 0


@pytest.mark.usefixtures("busy")
def test_a_stranger_cannot_write_into_our_rows(stranger):
    with stranger.unit() as session:
        done = session.execute(text("UPDATE device SET place = 'x' WHERE asset_code = :code"), {"code": CODE})
        assert done.rowcount == 0


def test_a_custodian_sees_the_device_and_its_whole_history(busy, stranger):
    with busy.database.engine(Role.ADMIN).begin() as connection:
        connection.execute(text("UPDATE device SET custodian_id = :org"), {"org": stranger.organisation_id})
    for table in ("device", "evidence", "component", "identifier", "wipe_certificate"):
        assert seen(busy.database, table, stranger.organisation_id) == seen(busy.database, table, busy.organisation_id)
    with unit_of_work(busy.database.engine(), stranger.organisation_id) as session:
        told = session.execute(text("SELECT count(*) FROM audit_event WHERE device_id IS NOT NULL")).scalar_one()
    assert told >= 6
