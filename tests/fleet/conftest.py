"""PostgreSQL for the tests: one server, a template database made by the real migrations, a clone of it for each test.

FLEET_DATABASE_URL names a superuser URL of a server on which databases may be made; absent: the embedded one.
A clone takes some 50 ms; it lets a test commit, run threads and look with any role, as the service does.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import URL, create_engine, make_url, text

from fleet.config import Settings
from fleet.db.embedded import Embedded
from fleet.db.engine import Database
from fleet.db.migrate import migrate


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """A superuser URL of a running server."""
    given = os.environ.get("FLEET_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    with Embedded(tmp_path_factory.mktemp("postgres")) as server:
        yield server.url("postgres")


def _settings(server: URL, name: str, data_dir: Path) -> Settings:
    url = server.set(database=name).render_as_string(hide_password=False)
    return Settings(database_url=SecretStr(url), data_dir=data_dir, public_url="http://testserver")


@pytest.fixture(scope="session")
def template(postgres: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database to clone."""
    name = f"template_{uuid4().hex[:12]}"
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    with Database(_settings(postgres, name, tmp_path_factory.mktemp("template"))) as database:
        migrate(database)
    yield name
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def settings(postgres: URL, template: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings that name a fresh, migrated, empty database."""
    name = f"test_{uuid4().hex[:12]}"
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _settings(postgres, name, tmp_path)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The fresh database, opened."""
    with Database(settings) as opened:
        yield opened
