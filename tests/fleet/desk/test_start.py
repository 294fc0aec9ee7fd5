"""The start page by role, and the pages about the web app itself."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from fleet.auth.rules import Role
from fleet.desk.info_pages import SAMPLES
from fleet.desk.start import Day, sections
from fleet.devices.states import State
from fleet.web.navigation import rooms_of
from tests.fleet.page_client import Browser, browser_of, running

QUIET = Day({}, 0, ["/wipe-policy", "/donations"])
BUSY = Day({State.TESTED: 2, State.WIPE_FAILED: 1, State.READY: 5}, 3, ["/wipe-policy"])


def told(role: Role, day: Day) -> dict[str, list[tuple[str, int | None]]]:
    return {section.title: [(tile.text, tile.count) for tile in section.tiles] for section in sections([role], day)}


def test_a_worker_sees_what_waits_for_his_hands() -> None:
    waits = told(Role.WORKSHOP, BUSY)
    assert list(waits) == ["Waits for your hands"]
    assert ("Release", 2) in waits["Waits for your hands"]
    assert ("Inspect", 0) in waits["Waits for your hands"]


def test_a_lead_sees_what_needs_attention_first_and_only_that() -> None:
    waits = told(Role.LEAD, BUSY)
    assert list(waits) == ["Needs attention", "Waits for your hands"]
    assert waits["Needs attention"] == [("Open tasks", 3), ("Wipe failed", 1)]


def test_a_quiet_day_says_so() -> None:
    attention = sections([Role.LEAD], QUIET)[0]
    assert attention.is_calm
    assert not sections([Role.LEAD], BUSY)[0].is_calm
    assert not sections([Role.WORKSHOP], QUIET)[0].is_calm


def test_a_desk_sees_what_is_ready_and_what_comes_back() -> None:
    waits = told(Role.LENDING, BUSY)
    assert [text for text, _ in waits["At the desk"]][:1] == ["Ready for use"]
    assert ("Ready for use", 5) in waits["At the desk"]


def test_only_the_first_section_is_big() -> None:
    assert [one.big for one in sections([Role.LEAD, Role.ADMIN], BUSY)] == [True, False, False]


def test_doors_lead_to_rooms_that_exist() -> None:
    assert told(Role.ADMIN, QUIET) == {"Administration": [("Wipe policy", None)]}
    assert told(Role.AUDITOR, Day({}, 0, [])) == {}


@pytest.fixture
def app(settings) -> Iterator[FastAPI]:
    with running(settings) as started:
        yield started


def browsers(app: FastAPI, workshop) -> dict[str, Browser]:
    people = {"mo": workshop.worker, "lies": workshop.lead, "an": workshop.auditor}
    return {name: browser_of(app, principal) for name, principal in people.items()}


@pytest.mark.db
def test_each_role_starts_at_its_own_page(app: FastAPI, workshop) -> None:
    shown = {name: browser.get("/").text for name, browser in browsers(app, workshop).items()}
    assert "Waits for your hands" in shown["mo"]
    assert "The chain of events" not in shown["mo"]
    assert "Needs attention" in shown["lies"]
    assert "The chain of events" in shown["an"]
    assert re.search(r'<span class="raw">[0-9a-f]{64}</span>', shown["an"])
    for text in shown.values():
        assert len(re.findall(r'class="button main', text)) <= 1
        assert text.count("<h1") == 1


@pytest.mark.db
def test_every_entry_of_the_navigation_opens(app: FastAPI, workshop) -> None:
    """Whoever sees a door can go through it."""
    for name, browser in browsers(app, workshop).items():
        rail = browser.get("/").text.partition('<nav class="rail"')[2].partition("</nav>")[0]
        paths = set(re.findall(r'href="([^"]+)"', rail))
        assert {"/", "/devices"} <= paths
        refused = {path: browser.get(path).status_code for path in paths - {"/scan"}}
        assert set(refused.values()) == {200}, (name, refused)


@pytest.mark.db
def test_strangers_read_help_and_the_statement_but_not_the_style_guide(app: FastAPI, workshop) -> None:
    stranger = Browser(app, None)
    assert stranger.get("/", follow_redirects=False).headers["location"] == "/sign-in"
    assert stranger.get("/help").status_code == 200
    assert "WCAG 2.2" in stranger.get("/accessibility").text
    assert "/sign-in?next" in str(stranger.get("/styleguide").url)
    guide = browser_of(app, workshop.worker).get("/styleguide")
    assert guide.status_code == 200
    for sample in SAMPLES:
        assert f'id="{sample.key}"' in guide.text
    assert "{{ ui.button(_(&#39;Save&#39;)" in guide.text


@pytest.mark.db
def test_the_chosen_language_goes_along_to_another_computer(app: FastAPI, workshop) -> None:
    here = browser_of(app, workshop.worker)
    assert '<html lang="fr"' in here.post("/language", language="fr", next="/help").text
    elsewhere = browser_of(app, workshop.worker, language="en")
    assert '<html lang="fr"' in elsewhere.get("/help").text
    assert '<html lang="en"' in browser_of(app, workshop.auditor).get("/help").text


@pytest.mark.db
def test_nobody_else_sets_a_persons_language(app: FastAPI, workshop) -> None:
    here = browser_of(app, workshop.worker)
    here.token = "token-of-eve"
    assert here.post("/language", language="fr").status_code == 403
    assert '<html lang="en"' in here.get("/help").text


@pytest.mark.db
def test_rooms_are_those_of_the_whole_application(app: FastAPI) -> None:
    rooms = rooms_of(app)
    assert "/devices" in rooms
    assert "/nothing-like-this" not in rooms
