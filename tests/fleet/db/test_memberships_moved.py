"""A database from before memberships: everybody keeps their roles, and who is signed in stays so."""

from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import text

from fleet.accounts import repository
from fleet.auth.rules import Role, SignInMeans
from fleet.db.engine import Database
from fleet.db.engine import Role as DatabaseRole
from fleet.db.migrate import alembic_config
from fleet.db.session import unit_of_work

pytestmark = pytest.mark.db
TOKEN_HASH = b"t" * 32


def test_roles_and_sessions_of_an_old_database_are_kept(database: Database) -> None:
    organisation, account = uuid4(), uuid4()
    with database.engine(DatabaseRole.OWNER).begin() as connection:
        command.downgrade(alembic_config(connection), "0015")
    with database.engine(DatabaseRole.MAINTENANCE).begin() as connection:
        columns = "id, name, kind, contact, two_person_release, created_at"
        connection.execute(
            text(f"INSERT INTO organisation ({columns}) VALUES (:id, 'Noord', 'workshop', '', false, now())"),  # noqa: S608 - no input
            {"id": organisation},
        )
        connection.execute(
            text("""INSERT INTO account (id, organisation_id, login, display_name, password_hash, roles, active, created_at)
                VALUES (:id, :organisation, 'els', 'Els', '-', ARRAY['lead', 'admin'], true, now())"""),
            {"id": account, "organisation": organisation},
        )
        connection.execute(
            text("""INSERT INTO account_session (id, organisation_id, account_id, token_hash, created_at, expires_at)
                VALUES (:id, :organisation, :account, :hash, now(), now() + interval '1 hour')"""),
            {"id": uuid4(), "organisation": organisation, "account": account, "hash": TOKEN_HASH},
        )
    with database.engine(DatabaseRole.OWNER).begin() as connection:
        command.upgrade(alembic_config(connection), "head")
    with unit_of_work(database.engine()) as session:
        found = repository.by_token(session, TOKEN_HASH)
    assert found is not None
    assert (found.account_id, found.organisation_id, found.means) == (account, organisation, SignInMeans.PASSWORD)
    assert found.roles == {Role.LEAD, Role.ADMIN}
    with unit_of_work(database.engine(), organisation) as session:
        assert repository.active_admins(session, organisation) == [account]
