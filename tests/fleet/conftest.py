"""PostgreSQL for the tests: one server, a template database made by the real migrations, a clone of it for each test.

FLEET_DATABASE_URL names a superuser URL of a server on which databases may be made; absent: the embedded one.
A clone takes some 50 ms; it lets a test commit, run threads and look with any role, as the service does.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from sqlalchemy import URL, create_engine, make_url, text
from sqlmodel import Session

from fleet.accounts import service as accounts
from fleet.accounts.models import Account, Bench, Membership
from fleet.auth.rules import SYSTEM, Actor, ActorKind, Principal, Role
from fleet.config import Settings
from fleet.contract.signing import public_text
from fleet.db.embedded import Embedded
from fleet.db.engine import Database
from fleet.db.migrate import migrate
from fleet.db.session import unit_of_work
from fleet.intake.service import Sender
from fleet.intake.station import sender
from fleet.organisations import service as organisations


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


@contextmanager
def fresh_settings(postgres: URL, template: str, data_dir: Path) -> Iterator[Settings]:
    """Settings that name a fresh, migrated, empty database, until the end of the block."""
    name = f"test_{uuid4().hex[:12]}"
    admin = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield _settings(postgres, name, data_dir)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def settings(postgres: URL, template: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings that name a fresh, migrated, empty database."""
    with fresh_settings(postgres, template, tmp_path) as fresh:
        yield fresh


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """The fresh database, opened."""
    with Database(settings) as opened:
        yield opened


@dataclass(frozen=True)
class Workshop:
    """An organisation with a site, people and a bench, and the database in which they are."""

    database: Database
    organisation_id: UUID
    site_id: UUID
    worker: Principal
    other_worker: Principal
    lead: Principal
    auditor: Principal
    bench_key: Ed25519PrivateKey
    bench: Bench

    @contextmanager
    def unit(self) -> Iterator[Session]:
        """One transaction of this organisation."""
        with unit_of_work(self.database.engine(), self.organisation_id) as session:
            yield session

    @property
    def sender(self) -> Sender:
        """The bench as intake sees it."""
        with self.unit() as session:
            return sender(accounts.get_bench(session, self.bench.id))


def make_workshop(database: Database, name: str) -> Workshop:
    """A workshop with its people and one enrolled bench."""
    key = Ed25519PrivateKey.generate()
    with unit_of_work(database.engine()) as session:
        organisation = organisations.create(session, SYSTEM, name)
        admin = Principal(organisation.id, SYSTEM, frozenset({Role.ADMIN}), "setup")
        site = organisations.add_site(session, admin, "Noord")
        people = {}
        for login, role in (("mo", Role.WORKSHOP), ("fatma", Role.WORKSHOP), ("lies", Role.LEAD), ("an", Role.AUDITOR)):
            account = make_account(session, organisation.id, f"{login}.{name.lower()}", role)
            actor = Actor(ActorKind.ACCOUNT, account)
            people[login] = Principal(organisation.id, actor, frozenset({role}), login)
        code = accounts.issue_enrolment_code(session, admin, site.id)
        bench = accounts.enrol(session, code, public_text(key.public_key()), "Bank 1", "test")
        session.expunge(bench)
        return Workshop(
            database, organisation.id, site.id, people["mo"], people["fatma"], people["lies"], people["an"], key, bench
        )


def make_account(session: Session, organisation_id: UUID, login: str, role: Role) -> UUID:
    """An account whose password nobody knows: hashing one takes half a second, and these people never sign in."""
    account = Account(organisation_id=organisation_id, login=login, display_name=login.title(), password_hash="-")
    session.add(account)
    session.flush()
    session.add(Membership(account_id=account.id, organisation_id=organisation_id, roles=[role]))
    session.flush()
    return account.id


@pytest.fixture
def workshop(database: Database) -> Workshop:
    return make_workshop(database, "Noord")


@pytest.fixture
def stranger(workshop: Workshop) -> Workshop:
    """Another organisation in the same database."""
    return make_workshop(workshop.database, "Vreemd")
