"""News for open pages: what a stream says, to whom, until when; and that the database tells it only once it is committed."""

import asyncio
import queue
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text, update
from sqlmodel import select

from fleet.accounts.models import AccountSession
from fleet.auth.hub import MOST_A_SESSION, Hub, TooManyStreams
from fleet.auth.live import stream
from fleet.contract.kinds import DeviceKind, QuarantineReason
from fleet.db.columns import utc_now
from fleet.db.listen import CHANNEL, Change, Listener, Topic, notify, read
from fleet.db.session import unit_of_work
from fleet.devices import evidence as ev
from fleet.devices import service
from fleet.devices.service import add_evidence, apply
from fleet.devices.standing import By
from fleet.devices.states import Origin, Step
from tests.fleet.page_client import browser_of, running

ORG, OTHER, SESSION = uuid4(), uuid4(), uuid4()
DEVICES = frozenset({Topic.DEVICES})


def run(play: Callable[[Hub], Awaitable[None]]) -> None:
    async def main() -> None:
        hub = Hub()
        hub.open(asyncio.get_running_loop())
        await asyncio.wait_for(play(hub), 10)

    asyncio.run(main())


async def always() -> bool:
    return True


def test_a_stream_tells_its_organisations_topic_and_nothing_else() -> None:
    async def play(hub: Hub) -> None:
        with hub.waiting(SESSION, ORG, DEVICES) as waiting:
            told = stream(waiting, hub.closing, always, beat_s=60, calm_s=0)
            assert "event: open" in await anext(told)
            hub.heard(Change(OTHER, Topic.DEVICES))
            hub.heard(Change(ORG, Topic.PORTS))
            hub.heard(Change(ORG, Topic.DEVICES))
            hub.heard(Change(ORG, Topic.DEVICES))
            assert await anext(told) == 'id: 1\nevent: change\ndata: {"devices": 2}\n\n'
            hub.heard(Change(None, None))  # the connection was lost meanwhile: perhaps something changed
            assert 'data: {"devices": 0}' in await anext(told)
        assert len(hub) == 0

    run(play)


def test_a_silent_stream_beats_and_ends_with_its_sign_in() -> None:
    async def play(hub: Hub) -> None:
        valid = [True, False]

        async def still() -> bool:
            return valid.pop(0)

        with hub.waiting(SESSION, ORG, DEVICES) as waiting:
            said = [message async for message in stream(waiting, hub.closing, still, beat_s=0.01, calm_s=0)]
        assert said[1:] == [": still here\n\n", "event: end\ndata: {}\n\n"]

    run(play)


def test_a_busy_stream_is_asked_for_its_sign_in_too() -> None:
    async def play(hub: Hub) -> None:
        async def never() -> bool:
            return False

        with hub.waiting(SESSION, ORG, DEVICES) as waiting:
            said = []
            async for message in stream(waiting, hub.closing, never, beat_s=0.02, calm_s=0):
                said.append(message)
                hub.heard(Change(ORG, Topic.DEVICES))
        assert said[-1].startswith("event: end")

    run(play)


def test_streams_end_with_the_process() -> None:
    async def play(hub: Hub) -> None:
        with hub.waiting(SESSION, ORG, DEVICES) as waiting:
            told = stream(waiting, hub.closing, always, beat_s=60)
            await anext(told)
            hub.close()
            assert [message async for message in told] == []

    run(play)


def test_a_sign_in_has_so_many_streams_and_no_more() -> None:
    hub = Hub()
    with ExitStack() as held:
        for _ in range(MOST_A_SESSION):
            held.enter_context(hub.waiting(SESSION, ORG, DEVICES))
        with pytest.raises(TooManyStreams):
            hub.admit(SESSION)
        hub.admit(uuid4())
    hub.admit(SESSION)


@pytest.mark.parametrize("message", ["", "{", "[]", "null", '{"org": 1, "topic": "devices"}', '{"org": "x", "topic": "devices"}'])
def test_what_others_say_on_the_channel_is_passed_over(message: str) -> None:
    assert read(message) is None


@pytest.mark.db
def test_a_change_is_told_when_it_is_committed_and_only_then(workshop, stranger) -> None:
    heard: queue.SimpleQueue[Change] = queue.SimpleQueue()
    listener = Listener(workshop.database, heard.put)
    listener.start()
    try:
        assert heard.get(timeout=20) == Change(None, None)  # it listens now
        with workshop.unit() as session:
            new = service.NewDevice("8YZABCDE", DeviceKind.MONITOR, "P2419H")
            given = [ev.Intake(origin=Origin.FOUND), ev.Place(place="Rek 1")]
            service.create(session, By(workshop.worker), new, Step.RECEIVE, given)
            assert heard.empty()
        assert heard.get(timeout=20) == Change(workshop.organisation_id, Topic.DEVICES)
        with workshop.unit() as session:
            add_evidence(session, By(workshop.worker), "8YZABCDE", [ev.Place(place="Rek 2")])
            session.rollback()
        with workshop.unit() as session:
            session.execute(text("SELECT pg_notify(:c, 'not ours')"), {"c": CHANNEL})
            why = ev.QuarantineWhy(reason=QuarantineReason.STOLEN)
            apply(session, By(workshop.worker), "8YZABCDE", Step.QUARANTINE, [why])
            apply(session, By(workshop.worker), "8YZABCDE", Step.CLEAR_QUARANTINE, [ev.ReasonCleared(text="-")])
        with unit_of_work(workshop.database.engine()) as session:
            notify(session, Topic.TASKS, stranger.organisation_id)
        assert [heard.get(timeout=20) for _ in range(2)] == [
            Change(workshop.organisation_id, Topic.DEVICES),  # once for both steps; nothing of what was rolled back
            Change(stranger.organisation_id, Topic.TASKS),
        ]
        assert heard.empty()
    finally:
        listener.stop()


@pytest.mark.db
def test_a_stranger_and_a_wrong_topic_get_no_stream(settings, workshop) -> None:
    with running(settings) as app:
        stranger = browser_of(app, workshop.worker)
        assert stranger.get("/live").status_code == 422
        assert stranger.get("/live?topic=passwords").status_code == 422
        stranger.http.cookies.clear()
        answer = stranger.get("/live?topic=devices", follow_redirects=False)
        assert answer.status_code in {303, 401}


@pytest.mark.db
def test_a_page_that_asks_by_itself_is_no_sign_of_life(settings, workshop) -> None:
    """A sign-in that ends when nobody is there must end, however long a board stays open."""

    def last_seen():
        with workshop.unit() as session:
            return session.exec(select(AccountSession.last_seen_at)).one()

    with running(settings) as app:
        mo = browser_of(app, workshop.worker)
        with workshop.unit() as session:
            session.execute(update(AccountSession).values(last_seen_at=utc_now() - timedelta(minutes=5)))
        before = last_seen()
        assert mo.get("/benches", headers={"x-renews": "yes"}).status_code == 200
        assert mo.get("/live?topic=nothing").status_code == 422
        assert last_seen() == before
        mo.get("/benches")
        assert last_seen() > before
