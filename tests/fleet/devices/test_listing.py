"""Keyset paging against a plain sort of the same rows: both ways, on every order, with rows that tie, over two branches."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import Session

from fleet.contract.kinds import DeviceKind
from fleet.db.engine import Role
from fleet.db.keyset import CursorInvalid, encode
from fleet.db.listing import CursorOfAnotherSort
from fleet.db.session import unit_of_work
from fleet.devices import listing, repository
from fleet.devices.listing import ORDERS, Wanted, order
from fleet.devices.models import Device
from fleet.devices.states import Origin, State

pytestmark = pytest.mark.db
START = datetime(2026, 1, 1, tzinfo=UTC)


def filled(workshop, stranger, count: int = 45) -> list[Device]:
    """Devices of two organisations; some held by the other. Many share moment, model and place."""
    chance = random.Random(3)  # noqa: S311 - the same devices in every run
    made = []
    with unit_of_work(workshop.database.engine(Role.MAINTENANCE)) as session:
        for number in range(count):
            owner, other = (workshop, stranger) if number % 3 else (stranger, workshop)
            holder = other if number % 5 == 0 else owner
            made.append(
                Device(
                    owner_id=owner.organisation_id,
                    custodian_id=holder.organisation_id,
                    asset_code=f"{number:08X}",
                    kind=chance.choice([DeviceKind.LAPTOP, DeviceKind.PHONE]),
                    origin=Origin.DONATED,
                    state=chance.choice([State.READY, State.LOST]),
                    model=chance.choice(["ThinkPad T480", "Galaxy A34", "EliteBook"]),
                    manufacturer=chance.choice([None, "Lenovo"]),
                    serial=f"PF{number:04}",
                    weight_g=1,
                    eea_category=2,
                    place=chance.choice(["", "Rek 1", "Rek 2"]),
                    created_at=START + timedelta(days=chance.randrange(4)),
                    state_since=START + timedelta(days=chance.randrange(4)),
                )
            )
        session.add_all(made)
        session.flush()
        session.expunge_all()
    return made


def walk(session: Session, organisation: UUID, wanted: Wanted, by, limit: int) -> list[list[str]]:
    """All pages to the end, then back to the start: both ways they are the same pages."""
    found, cursor, pages = listing.listing(session, organisation, wanted), None, []
    while True:
        page = found.page(session, by, limit=limit, cursor=cursor)
        pages.append([device.asset_code for device in page.items])
        if page.after is None:
            break
        cursor = page.after
    back, cursor = [pages[-1]], page.before
    while cursor is not None:
        page = found.page(session, by, limit=limit, cursor=cursor)
        back.insert(0, [device.asset_code for device in page.items])
        assert page.after is not None
        cursor = page.before
    assert [code for codes in back for code in codes] == [code for codes in pages for code in codes]
    return pages


def test_every_order_gives_each_device_once_and_in_order(workshop, stranger) -> None:
    made = filled(workshop, stranger)
    mine = workshop.organisation_id
    visible = [device for device in made if mine in {device.owner_id, device.custodian_id}]
    assert len(made) > len(visible) > len([device for device in visible if device.owner_id == mine]) > 0
    with workshop.unit() as session:
        for name, columns in ORDERS.items():
            for descending in (False, True):
                pages = walk(session, mine, Wanted(), order(name, descending=descending), 7)
                expected = sorted(visible, key=lambda d: [getattr(d, column) for column in columns], reverse=descending)
                assert [code for codes in pages for code in codes] == [device.asset_code for device in expected]
                assert all(len(codes) == 7 for codes in pages[:-1])
        assert sum(repository.counts(session).values()) == len(visible)


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        (Wanted(states=(State.LOST,)), lambda d: d.state is State.LOST),
        (Wanted(states=(State.LOST, State.READY), kinds=(DeviceKind.PHONE,)), lambda d: d.kind is DeviceKind.PHONE),
        (Wanted(place="Rek 1"), lambda d: d.place == "Rek 1"),
        (Wanted(origins=(Origin.FOUND,)), lambda _d: False),
        (Wanted(batches=()), lambda _d: False),
        (
            Wanted(since=START + timedelta(days=1), until=START + timedelta(days=3)),
            lambda d: 1 <= (d.state_since - START).days < 3,
        ),
        (Wanted(words="think"), lambda d: d.model.startswith("Think")),
        (Wanted(words="t480 lenovo"), lambda d: d.model.endswith("T480") and d.manufacturer == "Lenovo"),
        (Wanted(words="pf0007"), lambda d: d.serial == "PF0007"),
        (Wanted(words="00000007"), lambda d: d.asset_code == "00000007"),
        (Wanted(words="hinkpad"), lambda _d: False),
        (Wanted(words="'); DROP TABLE device; --"), lambda _d: False),
        (Wanted(words="!!!"), lambda _d: False),
    ],
)
@pytest.mark.parametrize("few", [0, 500])
def test_filters(workshop, stranger, wanted: Wanted, kept, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words are looked for in two ways, by how many devices have them: both find the same."""
    monkeypatch.setattr(listing, "FEW", few)
    visible = [d for d in filled(workshop, stranger, 25) if workshop.organisation_id in {d.owner_id, d.custodian_id}]
    with workshop.unit() as session:
        found = listing.listing(session, workshop.organisation_id, wanted)
        page = found.page(session, order("code", descending=False), limit=50)
        assert [d.asset_code for d in page.items] == sorted(d.asset_code for d in visible if kept(d))
        assert found.count(session, 3) == min(3, len(page.items))


def test_a_cursor_of_another_order_is_refused(workshop, stranger) -> None:
    filled(workshop, stranger, 12)
    with workshop.unit() as session:
        found = listing.listing(session, workshop.organisation_id, Wanted())
        by_code = order("code", descending=False)
        cursor = found.page(session, by_code, limit=2).after
        for other in (order("since", descending=False), order("code", descending=True)):
            with pytest.raises(CursorOfAnotherSort):
                found.page(session, other, limit=2, cursor=cursor)
        since = order("since", descending=False)
        for broken in (
            "nonsense",
            encode(["since+", "after", "2026-01-01", str(uuid4())]),
            encode(["since+", "after", "x", "y"]),
        ):
            with pytest.raises(CursorInvalid):
                found.page(session, since, limit=2, cursor=broken)


def test_a_stranger_finds_nothing_by_words_counts_or_places(workshop, stranger) -> None:
    filled(workshop, workshop, 6)
    with stranger.unit() as session:
        assert repository.counts(session) == {}
        assert session.execute(text("SELECT devices_with_words(word_query('think'), 10)")).all() == []
        assert listing.places(session, workshop.organisation_id) == []
        assert (
            listing.listing(session, workshop.organisation_id, Wanted())
            .page(session, order("code", descending=False), limit=5)
            .items
            == ()
        )
    with workshop.unit() as session:
        assert listing.places(session, workshop.organisation_id) == ["Rek 1", "Rek 2"]
