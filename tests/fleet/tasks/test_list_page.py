"""The list of tasks: what waits and what was closed, by each filter, both ways, and the same as a file."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from fleet.auth.rules import SYSTEM
from fleet.tasks import listing, service
from fleet.tasks.models import Task
from fleet.tasks.rules import TaskKind
from tests.fleet.conftest import make_workshop
from tests.fleet.page_client import browser_of, running

pytestmark = pytest.mark.db
CODES = ("8YZABCDE", "8YZABCDF", "8YZABCDG")


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


@pytest.fixture
def tasks(workshop) -> list[Task]:
    """Five tasks, a day apart; the last one has no device."""
    made = []
    with workshop.unit() as session:
        for number, kind in enumerate((TaskKind.NO_BATCH, TaskKind.NO_BATCH, TaskKind.IMAGE_FAILED, TaskKind.CLOCK_DIFFERS)):
            data = {"code": CODES[number], "why": "=1+1"} if number < 3 else {"bench": "Noord 1"}
            task = service.open_task(session, workshop.organisation_id, kind, actor=SYSTEM, data=data)
            task.opened_at -= timedelta(days=10 - number)
            session.add(task)
            made.append(task)
        session.flush()
        session.expunge_all()
    return made


def shown(browser, query="") -> list[str]:
    return re.findall(r'aria-labelledby="task-([0-9a-f-]+)"', browser.get(f"/tasks{query}").text)


def test_what_waits_and_what_was_closed(app, workshop, tasks):
    lies, ids = browser_of(app, workshop.lead), [str(task.id) for task in tasks]
    assert shown(lies) == ids
    assert shown(lies, "?sort=-opened") == ids[::-1]
    assert "Nothing is on the list yet." in lies.get("/tasks?closed=yes").text
    turned = re.search(r'href="([^"]+)"[^>]*>(?:(?!</a>).)*Newest first', lies.get("/tasks").text)
    assert turned[1] == "/tasks?sort=-opened"
    assert re.search(r'href="/tasks"[^>]*>(?:(?!</a>).)*Oldest first', lies.get("/tasks?sort=-opened").text)
    assert lies.post(f"/tasks/{ids[1]}/close", note="gezien & goed").status_code == 200
    assert shown(lies) == [ids[0], *ids[2:]]
    closed = lies.get("/tasks?closed=yes").text
    assert shown(lies, "?closed=yes") == [ids[1]]
    assert "<q>gezien &amp; goed</q>" in closed
    assert f"/tasks/{ids[1]}/close" not in closed
    assert lies.post(f"/tasks/{ids[1]}/close", note="nog eens").status_code == 409


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?kind=no_batch", (0, 1)),
        ("?kind=no_batch&kind=image_failed", (0, 1, 2)),
        (f"?q={CODES[2]}", (2,)),
        (f"?q={CODES[2][:4]}-{CODES[2][4:].lower()}", (2,)),
        ("?q=NOWHERE", ()),
        ("?since=2090-01-01", ()),
        ("?until=2090-01-01", (0, 1, 2, 3)),
        ("?closed=yes&kind=no_batch", ()),
    ],
)
def test_each_filter(app, workshop, tasks, query, found):
    lies = browser_of(app, workshop.lead)
    assert shown(lies, query) == [str(tasks[number].id) for number in found]
    if not found:
        assert "No task matches all of these filters" in lies.get(f"/tasks{query}").text


def test_pages_both_ways(app, workshop, tasks, monkeypatch):
    monkeypatch.setattr("fleet.tasks.pages.DEFAULT_PAGE", 3)
    lies, ids = browser_of(app, workshop.lead), [str(task.id) for task in tasks]
    assert shown(lies) == ids[:3]

    def link(query, text):
        found = re.search(rf'href="/tasks(\?[^"]*cursor=[^"]*)"[^>]*>(?:(?!</a>).)*{text}', lies.get(f"/tasks{query}").text)
        return found[1].replace("&amp;", "&")

    onwards = link("", "Next page")
    assert shown(lies, onwards) == ids[3:]
    assert shown(lies, link(onwards, "Previous page")) == ids[:3]


def test_a_task_is_closed_on_the_page_where_it_stands(app, workshop, tasks, monkeypatch):
    monkeypatch.setattr("fleet.tasks.pages.DEFAULT_PAGE", 1)
    lies, ids = browser_of(app, workshop.lead), [str(task.id) for task in tasks]
    second = re.search(r'href="(/tasks\?[^"]*cursor=[^"]*)"', lies.get("/tasks?kind=no_batch").text)[1].replace("&amp;", "&")
    page = lies.get(second).text
    assert f'aria-labelledby="task-{ids[1]}"' in page
    kept = re.search(r'name="list" value="([^"]+)"', page)[1].replace("&amp;", "&")
    refused = lies.post(f"/tasks/{ids[1]}/close", note="  ", list=kept)
    assert refused.status_code == 422
    assert f'aria-labelledby="task-{ids[1]}"' in refused.text
    done = lies.post(f"/tasks/{ids[1]}/close", note="gezien", list=kept)
    assert str(done.url).endswith(second)
    assert f'aria-labelledby="task-{ids[0]}"' in done.text  # nothing is left after the first page
    assert lies.post(f"/tasks/{ids[0]}/close", note="gezien", list="kind=nonsense").status_code == 422


def test_the_file_holds_every_row_and_no_formula(app, workshop, tasks, monkeypatch):
    monkeypatch.setattr("fleet.tasks.pages.EXPORT_PAGE", 2)
    lies = browser_of(app, workshop.lead)
    told = lies.get("/tasks.csv").content.decode("utf-8-sig").splitlines()
    assert len(told) == 1 + len(tasks)
    assert told[1].split(";")[1] == "8YZA-BCDE"
    assert all("=1+1" not in cell or cell.strip('"').startswith("'") or "Why" in cell for cell in told[1].split(";"))
    assert lies.get("/tasks.csv?kind=clock_differs").content.decode().count("\n") == 2


@pytest.mark.usefixtures("tasks")
def test_a_view_of_it_is_kept(app, workshop):
    lies = browser_of(app, workshop.lead)
    page = lies.post("/views/tasks", name="Zonder zending", query="kind=no_batch", next="/tasks").text
    assert 'href="/tasks?kind=no_batch">Zonder zending' in page
    assert "Show these columns" not in page


@pytest.mark.usefixtures("tasks")
def test_others_see_none_of_it(app, database):
    stranger = make_workshop(database, "Elders")
    assert shown(browser_of(app, stranger.lead)) == []
    assert browser_of(app, stranger.lead).get("/tasks.csv").content.decode().count("\n") == 1


def test_a_task_without_a_right_code_has_none():
    assert listing.code_of(Task(kind=TaskKind.NO_BATCH, data={"code": 7})) == ""
    assert listing.code_of(Task(kind=TaskKind.NO_BATCH, data={})) == ""
