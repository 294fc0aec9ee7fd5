"""Counts are remembered for a moment, never longer than this organisation's last step."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event, text

from fleet.db.engine import Role as DatabaseRole
from fleet.devices import counting
from fleet.devices.states import State
from tests.fleet.conftest import Workshop
from tests.fleet.desk.test_pages import receive
from tests.fleet.page_client import browser_of, running

pytestmark = pytest.mark.db


@pytest.fixture
def asked(workshop: Workshop) -> Iterator[list[str]]:
    """The counting statements that reach the database."""
    seen: list[str] = []
    engine = workshop.database.engine()

    def note(_connection, _cursor, statement, *_more) -> None:
        if "device_counts" in statement:
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def now(workshop: Workshop) -> dict[State, int]:
    with workshop.unit() as session:
        return dict(counting.counts(session, workshop.organisation_id))


def test_one_count_serves_many_pages_until_a_step(settings, workshop: Workshop, asked: list[str]) -> None:
    assert now(workshop) == {}
    assert now(workshop) == {}
    assert len(asked) == 1
    with running(settings) as app:
        receive(browser_of(app, workshop.worker))
    assert now(workshop) == {State.RECEIVED: 1}, "a step of this organisation is counted at once"
    assert len(asked) == 2


def test_another_organisation_has_its_own(settings, workshop: Workshop, stranger: Workshop) -> None:
    with running(settings) as app:
        receive(browser_of(app, workshop.worker))
    assert now(workshop) == {State.RECEIVED: 1}
    assert now(stranger) == {}


def test_what_others_did_shows_after_a_moment(
    settings, workshop: Workshop, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(settings) as app:
        receive(browser_of(app, workshop.worker))
    now(workshop)
    with workshop.database.engine(DatabaseRole.MAINTENANCE).begin() as connection:
        connection.execute(text("UPDATE device SET state = 'lost'"))
    assert now(workshop) == {State.RECEIVED: 1}
    monkeypatch.setattr(counting, "STALE_S", 0.0)
    assert now(workshop) == {State.LOST: 1}
    assert len(asked) == 2
