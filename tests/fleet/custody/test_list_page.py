"""The list of transfers: as each side sees it, in every order both ways, by each filter, and the same as a file."""

import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import event
from sqlmodel import Session, select

from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.contract.kinds import DeviceKind
from fleet.custody import listing
from fleet.custody.listing import ORDERS, TRANSFERS, Listed
from fleet.custody.models import Transfer, TransferLine
from fleet.custody.rules import LineStatus, Ownership, TransferStatus
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.devices.models import Device
from fleet.devices.states import Origin, State
from fleet.organisations import service as organisations
from fleet.web.lists import parse
from labels.codes import random_code
from tests.fleet.conftest import make_workshop
from tests.fleet.page_client import browser_of, running

pytestmark = pytest.mark.db
_DRAW = random.Random(11)  # noqa: S311 - the same codes in every run
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


@pytest.fixture
def sides(workshop) -> SimpleNamespace:
    """Three organisations and their transfers: (sender, receiver, status, lines), a day apart."""
    desk, third = make_workshop(workshop.database, "Balie"), make_workshop(workshop.database, "=Derde")
    admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with workshop.unit() as session:
        south = organisations.add_site(session, admin, "Zuid").id
    here, there, other = workshop.organisation_id, desk.organisation_id, third.organisation_id
    draft, sent, closed, cancelled = TransferStatus
    rows = [
        (here, there, draft, [LineStatus.PACKED]),
        (here, there, sent, [LineStatus.UNDER_WAY, LineStatus.UNDER_WAY]),
        (here, there, closed, [LineStatus.RECEIVED, LineStatus.MISSING, LineStatus.SURPLUS]),
        (there, here, sent, [LineStatus.UNDER_WAY]),
        (there, here, draft, []),
        (here, here, sent, []),
        (other, here, closed, [LineStatus.RECEIVED]),
        (there, other, closed, []),
        (here, other, cancelled, [LineStatus.RECALLED]),
    ]
    with unit_of_work(workshop.database.engine(DatabaseRole.MAINTENANCE)) as session:
        made = [_transfer(session, number, *row, south) for number, row in enumerate(rows)]
    return SimpleNamespace(here=workshop, desk=desk, third=third, made=made)


def _transfer(
    session: Session,
    number: int,
    sender: UUID,
    receiver: UUID,
    status: TransferStatus,
    lines: Sequence[LineStatus],
    south: UUID,
) -> str:
    at = START + timedelta(days=number)
    transfer = Transfer(
        reference=f"T-2026-{90 - number:04}",
        sender_id=sender,
        receiver_id=receiver,
        to_site_id=south if sender == receiver else None,
        status=status,
        ownership=Ownership.OFFERED if number == 1 else Ownership.KEPT,
        seal="=1+1" if number == 1 else "",
        created_at=at,
        sent_at=None if status is TransferStatus.DRAFT else at + timedelta(hours=1),
        closed_at=START + timedelta(days=90 - number) if status in {TransferStatus.CLOSED, TransferStatus.CANCELLED} else None,
    )
    session.add(transfer)
    session.flush()
    for status_of_line in lines:
        device = None if status_of_line is LineStatus.SURPLUS else _device(session, sender)
        code = device.asset_code if device else random_code(_DRAW)
        line = TransferLine(
            transfer_id=transfer.id, device_id=device.id if device else None, asset_code=code, status=status_of_line
        )
        session.add(line)
    session.flush()
    return transfer.reference


def _device(session: Session, owner: UUID) -> Device:
    device = Device(
        owner_id=owner,
        custodian_id=owner,
        asset_code=random_code(_DRAW),
        kind=DeviceKind.LAPTOP,
        origin=Origin.DONATED,
        state=State.READY,
        weight_g=1,
        eea_category=2,
    )
    session.add(device)
    session.flush()
    return device


def shown(side, address: str = "") -> list[str]:
    """The numbers of one page of the list, as an organisation sees it."""
    return [row.transfer.reference for row in read(side, address)]


def read(side, address: str = "") -> Sequence[Listed]:
    query = parse(TRANSFERS, parse_qsl(address))
    with side.unit() as session:
        rows, _ = listing.page(session, side.organisation_id, query, limit=50)
        session.expunge_all()
    return rows


def test_each_side_sees_its_own_and_a_draft_is_the_senders(sides) -> None:
    made = sides.made
    assert shown(sides.here) == [made[number] for number in (8, 6, 5, 3, 2, 1, 0)]
    assert shown(sides.desk) == [made[number] for number in (7, 4, 3, 2, 1)]
    assert shown(sides.third) == [made[number] for number in (8, 7, 6)]


@pytest.mark.parametrize("descending", [False, True])
def test_every_order_both_ways_page_by_page(sides, descending: bool) -> None:
    def key(row: Listed, name: str) -> list[object]:
        return [getattr(row.transfer, column) for column in ORDERS[name]]

    for name in ORDERS:
        whole = read(sides.here, f"sort={'-' if descending else ''}{name}")
        assert whole == sorted(whole, key=lambda row: key(row, name), reverse=descending)
        query = parse(TRANSFERS, [("sort", f"{'-' if descending else ''}{name}")])
        with sides.here.unit() as session:
            first, found = listing.page(session, sides.here.organisation_id, query, limit=3)
            second, later = listing.page(session, sides.here.organisation_id, query, limit=3, cursor=found.after)
            back, _ = listing.page(session, sides.here.organisation_id, query, limit=3, cursor=later.before)
            assert [row.transfer.id for row in [*first, *second]] == [row.transfer.id for row in whole[:6]]
            assert [row.transfer.id for row in back] == [row.transfer.id for row in first]


FILTERED = (
    ("status=draft", [0]),
    ("status=draft&status=cancelled", [8, 0]),
    ("status=sent&direction=in", [5, 3]),
    ("status=sent&direction=out", [5, 1]),
    ("direction=inside", [5]),
    ("direction=inside&direction=in", [6, 5, 3]),
    ("organisation=BALI", [3, 2, 1, 0]),
    ("organisation=nobody", []),
    ("site=zuid", [5]),
    ("site=Noord", []),
    ("missing=yes", [2]),
    ("ownership=offered", [1]),
    ("since=2026-01-03&until=2026-01-04", [3, 2]),
    ("q=t-2026-008", [8, 6, 5, 3, 2, 1]),
    ("q=T-2026-0090", [0]),
    ("q=%25", []),
    ("q=8YZABCDE", []),
    ("until=9998-12-31&since=1900-01-01", [8, 6, 5, 3, 2, 1, 0]),
)


def test_filters(sides) -> None:
    for address, kept in FILTERED:
        assert shown(sides.here, address) == [sides.made[number] for number in kept], address


def test_a_device_leads_to_its_transfers(sides) -> None:
    with sides.here.unit() as session:
        code = session.exec(select(TransferLine.asset_code).where(TransferLine.status == LineStatus.PACKED)).one()
    assert shown(sides.here, f"q={code}") == [sides.made[0]]
    assert shown(sides.here, f"q={code[:4]}-{code[4:]}".lower()) == [sides.made[0]]
    assert shown(sides.desk, f"q={code}") == []


def test_a_page_takes_few_questions_however_many_rows(sides) -> None:
    asked: list[str] = []
    with sides.here.unit() as session:
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        listing.page(session, sides.here.organisation_id, parse(TRANSFERS, ()), limit=50)
    assert len(asked) == 4, "the window, names, tallies, own sites"


def test_the_page_its_tiles_and_the_file(app, sides, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.custody.list_pages.DEFAULT_PAGE", 2)
    monkeypatch.setattr("fleet.custody.list_pages.EXPORT_PAGE", 2)
    lies = browser_of(app, sides.here.lead)
    page = lies.get("/transfers").text
    tiles = re.findall(r'href="(/transfers\?[^"]+)" data-tone="\w+"(?: class="none")?>\s*<b>(\d+)</b>', page)
    assert [(address.replace("&amp;", "&").partition("?")[2], number) for address, number in tiles] == [
        ("status=draft", "1"),
        ("status=sent&direction=in", "2"),
        ("status=sent&direction=out", "2"),
        ("missing=yes", "1"),
    ]
    for address, number in tiles:
        assert len(shown(sides.here, address.replace("&amp;", "&").partition("?")[2])) == int(number)
    assert numbers(page) == [sides.made[8], sides.made[6]]
    assert 'aria-current="true"' in lies.get("/transfers?missing=yes").text
    assert "Noord, Zuid" in lies.get("/transfers?direction=inside").text
    assert "No transfer matches" in lies.get("/transfers?organisation=nobody").text
    for wrong in ("status=burnt", "direction=up", "since=9999-12-31", "since=0001-01-01", "sort=seal", "cursor=x"):
        assert lies.get(f"/transfers?{wrong}").status_code == 422, wrong
    heading, *rows = lies.get("/transfers.csv?sort=number").text.strip("\ufeff\r\n").split("\r\n")
    assert heading == "Number;From;To;State;Devices;Missing;Since"
    assert [row.split(";")[0] for row in rows] == [sides.made[number] for number in (8, 6, 5, 3, 2, 1, 0)]
    assert rows[4].split(";")[1:6] == ["Noord", "Balie", "Finished", "2", "1"]
    assert rows[1].split(";")[1] == "'=Derde"


def numbers(page: str) -> list[str]:
    return re.findall(r'class="code" href="/transfers/[^"]+">([^<]+)<', page)


def test_views_and_columns_of_this_list(app, sides) -> None:
    lies = browser_of(app, sides.here.lead)
    lies.post("/views/transfers", name="Onderweg", query="status=sent&direction=in", next="/transfers")
    assert 'href="/transfers?status=sent&amp;direction=in">Onderweg' in lies.get("/transfers").text
    data = {"csrf_token": lies.token, "columns": ["number", "seal", "ownership"], "next": "/transfers"}
    page = lies.http.post("/views/transfers/columns", data=data).text
    assert "=1+1" in page
    assert "Ownership offered" in page
    assert ";'=1+1" in lies.get("/transfers.csv?status=sent").text
