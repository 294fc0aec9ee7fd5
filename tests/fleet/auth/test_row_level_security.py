"""No table with an organisation's data shows a row to another organisation, or to nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlmodel import Session

from fleet.accounts import benches, signin
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.db.engine import Database
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import act_for, unit_of_work
from fleet.donations import service as donations
from fleet.images import service as images
from fleet.organisations import service as organisations
from fleet.tags import service as tags
from tests.fleet.conftest import Workshop
from tests.fleet.images.manifests import manifest

pytestmark = pytest.mark.db

TABLES = (
    "organisation",
    "site",
    "storage_location",
    "account",
    "account_session",
    "bench",
    "enrolment_code",
    "reference_counter",
    "donor",
    "donation",
    "intake_batch",
    "code_lease",
    "tag",
    "image",
    "audit_event",
)


@pytest.fixture
def filled(workshop: Workshop) -> Workshop:
    """A workshop with a row in every table."""
    admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN, Role.WORKSHOP}), "setup")
    with workshop.unit() as session:
        organisations.add_location(session, admin, workshop.site_id, "Rek 1")
        donor = donations.register_donor(session, admin, donations.NewDonor("Stad Voorbeeld"))
        donation = donations.register(session, admin, donations.NewDonation(donor.id, 2))
        donations.open_batch(session, admin, donation.id, donations.Arrival(2))
        tags.lease(session, admin, workshop.bench.id, uuid4(), 3)
        images.publish(session, admin, manifest(), Ed25519PrivateKey.generate())
        benches.issue_enrolment_code(session, admin, workshop.site_id)
        opened = signin.AccountSession(
            organisation_id=workshop.organisation_id, account_id=workshop.worker.actor.id, token_hash=bytes(32)
        )
        session.add(opened)
    return workshop


def count(session: Session, table: str, mine: Workshop) -> int:
    """Rows of this workshop in a table."""
    column = "id" if table == "organisation" else "organisation_id"
    query = text(f"SELECT count(*) FROM {table} WHERE {column} = :id")  # noqa: S608 - the tables above
    return int(session.execute(query, {"id": mine.organisation_id}).scalar_one())


@contextmanager
def nobody(database: Database) -> Iterator[Session]:
    with unit_of_work(database.engine()) as session:
        yield session


@pytest.mark.parametrize("table", TABLES)
def test_only_its_own_organisation_sees_a_row(filled: Workshop, stranger: Workshop, table: str) -> None:
    with filled.unit() as session:
        assert count(session, table, filled) > 0
    with stranger.unit() as session:
        assert count(session, table, filled) == 0
    with nobody(filled.database) as session:
        assert count(session, table, filled) == 0


def test_a_setting_that_was_used_and_reset_shows_nothing(filled: Workshop) -> None:
    engine = filled.database.engine()
    with engine.connect() as connection:
        with connection.begin():
            connection.execute(text("SELECT set_config('app.org', :id, true)"), {"id": str(filled.organisation_id)})
            assert connection.execute(text("SELECT count(*) FROM account")).scalar_one() > 0
        with connection.begin():
            assert connection.execute(text("SELECT count(*) FROM account")).scalar_one() == 0


@pytest.mark.parametrize("table", ["site", "donor"])
def test_nobody_writes_for_another_organisation(filled: Workshop, stranger: Workshop, table: str) -> None:
    columns = {
        "site": "(id, organisation_id, name, created_at) VALUES (gen_random_uuid(), :other, 'x', now())",
        "donor": "(id, organisation_id, name, kind, contact, created_at)"
        " VALUES (gen_random_uuid(), :other, 'x', 'other', '', now())",
    }[table]
    statement = text(f"INSERT INTO {table} {columns}")
    with pytest.raises(ProgrammingError, match="row-level security"), stranger.unit() as session:
        session.execute(statement, {"other": filled.organisation_id})


def test_nobody_changes_or_moves_what_is_not_theirs(filled: Workshop, stranger: Workshop) -> None:
    with stranger.unit() as session:
        changed = session.connection().execute(text("UPDATE account SET display_name = 'x'")).rowcount
        assert changed == 4
        act_for(session, filled.organisation_id)
        assert session.execute(text("SELECT count(*) FROM account WHERE display_name = 'x'")).scalar_one() == 0
    with pytest.raises(ProgrammingError, match="row-level security"), stranger.unit() as session:
        session.execute(text("UPDATE account SET organisation_id = :id"), {"id": filled.organisation_id})


def test_every_table_with_an_organisation_forces_row_level_security(workshop: Workshop) -> None:
    query = text("""
        SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced,
               EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS has_policy
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
            AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
                        AND a.attname IN ('organisation_id', 'owner_id', 'device_id'))""")
    with workshop.unit() as session:
        found = session.execute(query).all()
    assert {row.relname for row in found} >= set(TABLES) - {"organisation"}
    assert not [row.relname for row in found if not (row.forced and row.has_policy)]


def test_the_service_cannot_see_past_it(workshop: Workshop) -> None:
    with workshop.unit() as session:
        role = session.execute(text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"))
        assert role.scalar_one() is False
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text("ALTER TABLE account DISABLE ROW LEVEL SECURITY"))


def test_the_named_look_ups_are_for_the_service_alone(workshop: Workshop) -> None:
    query = text("""
        SELECT p.proname, p.prosecdef, pg_get_userbyid(p.proowner) AS owner, p.proconfig::text AS config,
               has_function_privilege('public', p.oid, 'EXECUTE') AS everybody
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND p.prosecdef""")
    with workshop.unit() as session:
        found = {row.proname: row for row in session.execute(query)}
    assert {
        "account_by_login",
        "session_by_token",
        "bench_by_key",
        "enrolment_organisation",
        "tag_issuer",
        "organisation_face",
    } <= set(found)
    for row in found.values():
        assert row.owner == DatabaseRole.MAINTENANCE.value
        assert not row.everybody
        assert "pg_temp" in row.config


@pytest.mark.parametrize("table", ["tag", "code_lease", "image"])
@pytest.mark.parametrize("change", ["UPDATE {} SET organisation_id = organisation_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_is_append_only(filled: Workshop, table: str, change: str) -> None:
    with pytest.raises(DBAPIError), unit_of_work(filled.database.engine(DatabaseRole.OWNER)) as session:
        session.execute(text(change.format(table)))
