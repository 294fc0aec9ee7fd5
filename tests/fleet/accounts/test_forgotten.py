"""Forgotten passwords by mail, against a real mail server on loopback."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from fastapi.testclient import TestClient
from sqlalchemy import text

from fleet.accounts import people, resets
from fleet.accounts.forgotten import PACE
from fleet.accounts.rules import EmailInvalid
from fleet.app import create_app
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.config import Settings
from tests.fleet.accounts.people import admin_of
from tests.fleet.conftest import Workshop

pytestmark = [pytest.mark.db, pytest.mark.process]
ENGLISH = {"accept-language": "en"}


class Inbox(Message):
    """Keeps what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[str] = []

    def handle_message(self, message) -> None:
        parsed = message_from_bytes(message.as_bytes(), policy=policy.default)
        self.got.append(f"{message['X-RcptTo']}\n{parsed['Subject']}\n{parsed.get_content()}")


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    kept = Inbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    yield kept, port
    server.stop()


@pytest.fixture
def site(settings: Settings, inbox: tuple[Inbox, int]) -> Iterator[TestClient]:
    mailing = settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": inbox[1], "smtp_starttls": False})
    with TestClient(create_app(mailing), headers=ENGLISH, follow_redirects=False) as client:
        yield client


@pytest.fixture
def _mo(workshop: Workshop) -> None:
    boss = admin_of(workshop)
    with workshop.unit() as session:
        people.set_email(session, boss, workshop.worker.actor.id, "mo@workshop.example")


def link_in(mail: str) -> str:
    return next(line for line in mail.splitlines() if "/reset/" in line).removeprefix("http://testserver")


@pytest.mark.usefixtures("_mo")
def test_a_link_comes_by_mail_and_opens_once(site: TestClient, inbox, workshop: Workshop) -> None:
    said = site.post("/forgot", data={"login": "mo.noord"})
    assert said.status_code == 200
    assert len(inbox[0].got) == 1
    assert inbox[0].got[0].startswith("mo@workshop.example\n")
    where = link_in(inbox[0].got[0])
    words = {"new_password": "vijf rode bussen", "again": "vijf rode bussen"}
    assert site.get(where).status_code == 200
    assert site.post(where, data=words).status_code == 303
    assert site.post(where, data=words).status_code == 404
    with workshop.unit() as session:
        told = session.execute(text("SELECT convert_from(body, 'UTF8') FROM audit_event")).scalars().all()
    assert any("account.reset_used" in body for body in told)
    assert not any("mo@" in body or "mo.noord" in body for body in told)


@pytest.mark.usefixtures("_mo")
def test_whoever_asks_hears_the_same(site: TestClient, inbox) -> None:
    known, unknown = site.post("/forgot", data={"login": "mo.noord"}), site.post("/forgot", data={"login": "xo.noord"})
    assert known.text.replace("mo.noord", "") == unknown.text.replace("xo.noord", "")
    assert (known.status_code, known.headers.keys()) == (unknown.status_code, unknown.headers.keys())
    assert len(inbox[0].got) == 1


@pytest.mark.usefixtures("_mo")
def test_nobody_is_flooded_with_mail(site: TestClient) -> None:
    for _ in range(PACE.free):
        assert site.post("/forgot", data={"login": "xo.noord"}).status_code == 200
    assert site.post("/forgot", data={"login": "xo.noord"}).status_code == 429


@pytest.mark.usefixtures("_mo")
def test_a_closed_account_and_one_without_address_get_nothing(site: TestClient, inbox, workshop: Workshop) -> None:
    with workshop.unit() as session:
        session.execute(text("UPDATE account SET active = false WHERE login = 'mo.noord'"))
    site.post("/forgot", data={"login": "mo.noord"})
    site.post("/forgot", data={"login": "fatma.noord"})
    assert inbox[0].got == []


@pytest.mark.usefixtures("_mo")
def test_a_mail_server_that_is_away_changes_nothing_that_one_sees(settings: Settings) -> None:
    away = settings.model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": 1, "smtp_starttls": False})
    with TestClient(create_app(away), headers=ENGLISH) as client:
        assert client.post("/forgot", data={"login": "mo.noord"}).status_code == 200


def test_the_newest_link_alone_works_and_only_for_its_time(workshop: Workshop) -> None:
    boss = admin_of(workshop)
    with workshop.unit() as session:
        older = resets.hand_over(session, boss, workshop.worker.actor.id)
        newer = resets.hand_over(session, boss, workshop.worker.actor.id)
    with workshop.unit() as session:
        with pytest.raises(resets.ResetLinkOver):
            resets.waiting(session, older)
        assert resets.waiting(session, newer).account_id == workshop.worker.actor.id
        session.execute(text("UPDATE reset_link SET expires_at = now() - interval '1 second'"))
        with pytest.raises(resets.ResetLinkOver):
            resets.waiting(session, newer)


@pytest.mark.parametrize("email", ["mo", "mo@", "@x", "mo@x\r\nBcc: all@x", "mo@x, y@x", "a" * 250 + "@x.example"])
def test_what_is_no_mail_address(workshop: Workshop, email: str) -> None:
    system = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with pytest.raises(EmailInvalid), workshop.unit() as session:
        people.set_email(session, system, workshop.worker.actor.id, email)
