"""Engines for the three database roles, on the embedded server or on the one that the settings name."""

from contextlib import ExitStack
from enum import StrEnum
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Engine, create_engine, make_url, text

from fleet.config import Settings
from fleet.db.embedded import Embedded

EMBEDDED_DATABASE = "heropstart"


class Role(StrEnum):
    """Who speaks to the database. Only MAINTENANCE sees past row-level security."""

    ADMIN = "admin"
    OWNER = "fleet_owner"
    APP = "fleet_app"
    MAINTENANCE = "fleet_maintenance"


def _as_role(url: URL, role: Role) -> URL:
    """A URL whose sessions begin with SET ROLE."""
    return url.update_query_dict({"options": f"-c role={role.value}"})


class Database:
    """One database and its engines, made when first asked for. A context manager: leaving it closes them all."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedded: Embedded | None = None
        self._engines: dict[Role, Engine] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self._settings.database_url is None:
            self._embedded = self._stack.enter_context(Embedded(self._settings.data_dir))
            self._create_embedded_database()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        self._stack.close()

    @property
    def is_embedded(self) -> bool:
        """Whether this database is our own to migrate without asking."""
        return self._settings.database_url is None

    def url(self, role: Role) -> URL:
        """Where to connect as this role."""
        if self._embedded is not None:
            return self._embedded.url(EMBEDDED_DATABASE, user="postgres" if role is Role.ADMIN else role.value)
        if self._settings.database_url is None:
            raise RuntimeError("enter the Database before asking for its URL")
        if role is Role.APP and self._settings.database_app_url is not None:
            return _psycopg(make_url(self._settings.database_app_url.get_secret_value()))
        url = _psycopg(make_url(self._settings.database_url.get_secret_value()))
        return url if role is Role.ADMIN else _as_role(url, role)

    def engine(self, role: Role = Role.APP) -> Engine:
        """The engine of a role; READ COMMITTED, as the lock order of the audit chain expects."""
        if role not in self._engines:
            self._engines[role] = create_engine(
                self.url(role),
                pool_size=10,
                max_overflow=30,
                pool_pre_ping=not self.is_embedded,
                isolation_level="READ COMMITTED",
            )
        return self._engines[role]

    def _create_embedded_database(self) -> None:
        if self._embedded is None:
            return
        engine = create_engine(self._embedded.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            found = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": EMBEDDED_DATABASE})
            if found is None:
                connection.execute(text(f'CREATE DATABASE "{EMBEDDED_DATABASE}"'))
        engine.dispose()


def _psycopg(url: URL) -> URL:
    """Any PostgreSQL URL, spoken by psycopg 3."""
    return url.set(drivername="postgresql+psycopg")
