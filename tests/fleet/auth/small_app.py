"""An application with the shell, chosen API routers and two handlers that tell who called."""

from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from agents.report.signing import BenchSignature
from fleet.accounts.resolver import resolver
from fleet.auth.identity import BenchUnit, MaybeUnit, StaffUnit, WorkshopUnit
from fleet.config import Settings
from fleet.db.columns import utc_now
from fleet.db.engine import Database
from fleet.db.session import SessionDep
from fleet.web.shell import install

PASSWORD = "vier groene fietsen"
echo = APIRouter(prefix="/api/echo", include_in_schema=False)


@echo.api_route("/bench/{rest:path}", methods=["GET", "POST"])
def bench(unit: BenchUnit, rest: str) -> dict[str, Any]:
    seen = unit.session.execute(text("SELECT count(*) FROM bench")).scalar_one()
    return {"bench": str(unit.key.bench_id), "rest": rest, "sees": seen}


@echo.api_route("/staff", methods=["GET", "POST"])
def staff(unit: StaffUnit) -> dict[str, Any]:
    rows = unit.session.execute(text("SELECT login FROM account ORDER BY login")).scalars().all()
    return {"name": unit.principal.name, "sees": rows}


@echo.get("/workshop")
def workshop(unit: WorkshopUnit) -> str:
    return unit.principal.name


@echo.get("/anybody")
def anybody(unit: MaybeUnit, session: SessionDep) -> dict[str, Any]:
    same = unit is None or unit.session is session
    return {"name": unit.principal.name if unit else None, "one_session": same}


@echo.get("/forgetful")
def forgetful(session: SessionDep) -> int:
    return int(session.execute(text("SELECT count(*) FROM account")).scalar_one())


def make_app(settings: Settings, database: Database, routers: Sequence[APIRouter] = ()) -> FastAPI:
    app = FastAPI()
    app.state.settings, app.state.database, app.state.resolver = settings, database, resolver
    install(app, public_url=settings.public_url, navigation=[], ready=lambda: None)
    for router in (echo, *routers):
        app.include_router(router)
    return app


def as_bench(app: FastAPI, key: Ed25519PrivateKey) -> TestClient:
    """A client that signs as the bench agent does."""
    client = TestClient(app, base_url="http://testserver")
    client.auth = BenchSignature(key, utc_now)
    return client


def as_staff(app: FastAPI, login: str, password: str = PASSWORD, *, address: str = "10.0.0.1") -> TestClient:
    """A client that is signed in and sends its form token."""
    client = TestClient(app, base_url="http://testserver", client=(address, 50000))
    answer = client.post("/api/v1/session", json={"login": login, "password": password})
    assert answer.status_code == 201, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return client
