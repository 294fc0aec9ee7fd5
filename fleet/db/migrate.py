"""Bring a database to the newest schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from fleet.db.engine import Database, Role

MIGRATION_LOCK = 4_037_001
"""Advisory lock: two services that start together migrate once."""

_ROLES = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fleet_owner') THEN CREATE ROLE fleet_owner LOGIN; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fleet_app') THEN CREATE ROLE fleet_app LOGIN NOBYPASSRLS; END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'fleet_maintenance') THEN
        CREATE ROLE fleet_maintenance LOGIN BYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of the same server was faster
END $$;
GRANT fleet_owner, fleet_app, fleet_maintenance TO CURRENT_USER;
GRANT fleet_maintenance TO fleet_owner;  -- the owner hands the named look-ups to maintenance
GRANT USAGE, CREATE ON SCHEMA public TO fleet_owner WITH GRANT OPTION;  -- it lends CREATE to maintenance for the look-ups
GRANT USAGE ON SCHEMA public TO fleet_app, fleet_maintenance;
"""


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(database: Database) -> None:
    """Create the roles where they are missing, then run the migrations as the owner. Safe to run any number of times."""
    with database.engine(Role.ADMIN).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        for statement in _split(_ROLES):
            connection.exec_driver_sql(statement)
    with database.engine(Role.OWNER).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        command.upgrade(alembic_config(connection), "head")


def _split(script: str) -> list[str]:
    """The DO block, then one statement a line."""
    block, rest = script.split("END $$;")
    return [f"{block}END $$;", *(line for line in rest.splitlines() if line.strip())]
