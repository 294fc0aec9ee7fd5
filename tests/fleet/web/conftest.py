"""A small application with the shell on it, no database."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field
from starlette.responses import Response

from fleet import errors
from fleet.web.csrf import CsrfChecked
from fleet.web.forms import FormState, PostedForm
from fleet.web.notices import Notice, after
from fleet.web.policy import Policy
from fleet.web.redisplay import redisplaying
from fleet.web.rendering import render
from fleet.web.shell import install
from fleet.web.site import NavItem
from fleet.web.viewer import set_viewer

SAVED = Notice("test-saved", errors.N_("Search"))


@dataclass(frozen=True)
class Person:
    name: str = "Ada <b>Bench</b>"
    organisation_name: str = "Kringwinkel"
    roles: tuple[str, ...] = ("workshop",)
    language: str | None = None
    csrf_token: str | None = "token-of-ada"


class Wish(BaseModel):
    number: int = Field(ge=1)
    tags: list[str] = Field(default_factory=list)


class TooLate(errors.Stale):
    msgid = errors.N_("This is not possible now.")


def identify(request: Request) -> None:
    if request.cookies.get("session") == "ada":
        set_viewer(request, Person())


def make_app(public_url: str = "http://testserver") -> FastAPI:
    app = FastAPI()
    state = app.state.test = SimpleNamespace(ready=True, saved=[])

    def ready() -> None:
        if not state.ready:
            raise errors.Unavailable

    install(app, public_url=public_url, navigation=[NavItem("/page", errors.N_("Tested"), "board")], ready=ready)
    app.include_router(pages)
    return app


pages = APIRouter(dependencies=[Depends(identify), CsrfChecked])


@pages.get("/raise/{name}")
@pages.get("/api/v1/raise/{name}")
def fail(name: str, seconds: int = 7) -> None:
    if name == "unknown":
        raise RuntimeError("a bug")
    raise getattr(errors, name)(seconds=seconds, reason="<script>")


@pages.get("/page")
def page(request: Request) -> Response:
    return render(request, "web/error.html", status_code=200, text="<i>hello</i>")


@pages.get("/camera")
def camera(request: Request) -> Response:
    return render(request, "web/error.html", policy=Policy.SCAN, status_code=200, text="hello")


@pages.get("/api/v1/number")
def number(n: Annotated[int, Field(ge=1)]) -> int:
    return n


@pages.post("/form")
def form(request: Request, posted: PostedForm) -> Response:
    def draw(form: FormState, status: int) -> Response:
        text = f"typed={form.value('number')} number={form.error('number')} summary={form.summary}"
        return render(request, "web/error.html", status=status, status_code=status, text=text)

    session: Any = SimpleNamespace(begin_nested=nullcontext)
    with redisplaying(request, session, posted, draw):
        wish = posted.parse(Wish)
        if wish.number == 13:
            raise TooLate(field="number")
        if wish.number == 14:
            raise errors.Conflict
        request.app.state.test.saved.append(wish)
    return after("/page", SAVED)


@pytest.fixture(scope="session")
def app() -> FastAPI:
    return make_app()


@pytest.fixture(scope="session")
def secure_app() -> FastAPI:
    return make_app("https://fleet.example.org")


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    app.state.test.ready = True
    app.state.test.saved.clear()
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers={"accept-language": "en"}) as client:
        yield client


@pytest.fixture
def ada(client: TestClient) -> TestClient:
    client.cookies.set("session", "ada")
    return client
