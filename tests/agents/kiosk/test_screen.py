"""What scans and touches do: labels, badges, choices, and what is in front."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.bench.mailbox import NO_ANSWER
from agents.bench.phases import PortPhase
from agents.journal.scans import Answer
from agents.kiosk import actions
from agents.kiosk.actions import Action, Verb, parse
from agents.kiosk.desk import ANSWER_S, VISUAL_S
from agents.kiosk.screen import Screen
from agents.kiosk.view import View
from fleet.contract.badge import badge_hash, new_badge_code
from fleet.contract.kinds import VisualResult
from tests.sim.screen_bench import CODES, PROFILE, ScreenBench, about, every_scene, screen_config

LABEL = f"HTTPS://FLEET.EXAMPLE.ORG/A/{CODES[1]}"
WAITS = about(1, PortPhase.WAITING_SCAN)


class Clock:
    now = 5000.0

    def __call__(self) -> float:
        return self.now


class At:
    """A screen over a bench that shows these ports."""

    def __init__(self, folder: Path, *scenes: dict[str, Any], **kiosk: Any) -> None:
        self.clock = Clock()
        config = screen_config(folder, 4, **kiosk)
        self.bench = ScreenBench.at(config, list(scenes))
        self.screen = Screen(config, self.bench, self.clock)

    def told(self, text: str) -> tuple[bool, str, str | None] | None:
        reply = self.screen.scan(text)
        return None if reply is None else (reply.good, reply.phrase, reply.port)


def test_a_label_goes_to_the_port_that_waits_for_it(tmp_path: Path) -> None:
    at = At(tmp_path, {}, WAITS)
    assert at.told(LABEL) == (True, "scan-good", "A2")
    assert at.bench.scans == [("A2", LABEL, VisualResult.GOOD, None)]


@pytest.mark.parametrize(
    ("ports", "text", "told"),
    [
        ([WAITS], f"HTTPS://FLEET.EXAMPLE.ORG/A/{CODES[2]}", (False, "scan-wrong", "A1")),
        ([WAITS, about(3, PortPhase.WAITING_SCAN)], CODES[2], (False, "scan-wrong", None)),
        ([about(1, PortPhase.WIPING)], LABEL, (False, "scan-busy", "A1")),
        ([], LABEL, (False, "scan-nothing", None)),
        ([WAITS], LABEL[:-1] + ("0" if LABEL[-1] != "0" else "1"), (False, "scan-misread", None)),
        ([WAITS], "https://elsewhere.example.org/x", (False, "scan-foreign", None)),
        ([WAITS], "S4EWNF0M31", (False, "scan-no-label", None)),
        ([WAITS], "", (False, "scan-no-label", None)),
        ([WAITS, WAITS], LABEL, (False, "scan-which", None)),
        ([WAITS], "HP:NONSENSE", (False, "scan-unknown-code", None)),
        ([WAITS], "HP:PORT-Z9", (False, "scan-unknown-code", None)),
        ([WAITS], "hp:lang-xx", (False, "scan-unknown-code", None)),
    ],
)
def test_what_is_no_label_of_a_waiting_port_reaches_no_bench(
    tmp_path: Path, ports: list[dict[str, Any]], text: str, told: tuple[bool, str, str | None]
) -> None:
    at = At(tmp_path, *ports)
    assert at.told(text) == told
    assert at.bench.scans == []


@pytest.mark.parametrize(
    ("text", "answer", "phrase"),
    [
        (LABEL, NO_ANSWER, "scan-late"),
        (LABEL.replace("FLEET", "OTHER"), Answer(accepted=False, text="The label names other"), "scan-foreign"),
        (LABEL, Answer(accepted=False, text="Port A1 waits for no label now, it is wiping."), "scan-busy"),
    ],
)
def test_a_refusal_of_the_bench_is_told_in_plain_words(tmp_path: Path, text: str, answer: Answer, phrase: str) -> None:
    at = At(tmp_path, WAITS)
    at.bench.answer = answer
    assert at.told(text) == (False, phrase, "A1")


def test_a_label_of_two_ports_is_for_the_one_in_front(tmp_path: Path) -> None:
    at = At(tmp_path, WAITS, WAITS)
    at.told("HP:PORT-A2")
    assert at.told(LABEL) == (True, "scan-good", "A2")


def test_what_the_device_looks_like_is_for_one_scan_and_not_for_long(tmp_path: Path) -> None:
    at = At(tmp_path, WAITS)
    at.told("HP:SCRAP")
    at.clock.now += VISUAL_S
    at.told(LABEL)
    at.told("HP:DAMAGED")
    at.told(LABEL)
    at.told(LABEL)
    assert [scan[2] for scan in at.bench.scans] == [VisualResult.GOOD, VisualResult.DAMAGED, VisualResult.GOOD]


def test_a_badge_says_who_works_until_it_is_long_ago(tmp_path: Path) -> None:
    at = At(tmp_path, WAITS, badge_minutes=10)
    badge, stranger, left = new_badge_code(), new_badge_code(), new_badge_code()
    known = ((badge_hash(badge).hex(), "mo"), (badge_hash(left).hex(), "gone"))
    at.bench.profile = PROFILE.model_copy(update={"badges": known})
    assert at.told(stranger) == (False, "scan-not-you", None)
    assert at.told(left) == (False, "scan-not-you", None)
    assert at.told(badge.lower()) == (True, "badge-in", None)
    at.clock.now += 9 * 60
    at.told(LABEL)
    at.clock.now += 9 * 60  # a scan is a sign of life
    at.told(LABEL)
    at.clock.now += 10 * 60
    at.told(LABEL)
    at.told(badge)
    at.told("HP:BYE")
    at.told(LABEL)
    assert [scan[3] for scan in at.bench.scans] == ["mo", "mo", None, None]


def test_an_answer_goes_by_itself(tmp_path: Path) -> None:
    at = At(tmp_path)
    at.told(LABEL)
    assert at.screen.desk.reply is not None
    at.clock.now += ANSWER_S
    assert at.screen.desk.reply is None


def test_next_walks_the_ports_that_want_hands(tmp_path: Path) -> None:
    at = At(tmp_path, WAITS, about(2, PortPhase.WIPING), about(3, PortPhase.DONE), {})
    seen = []
    for _ in range(3):
        at.told("HP:NEXT")
        seen.append(at.screen.desk.focus)
    assert seen == ["A1", "A3", "A1"]
    at.told("HP:BACK")
    assert at.screen.desk.focus is None


def test_choices_by_code(tmp_path: Path) -> None:
    at = At(tmp_path)
    for code in ("HP:LANG-FR", "HP:BIGGER", "HP:BIGGER", "HP:BIGGER", "HP:SPEAK-ALWAYS"):
        assert at.told(code) is None
    chosen = at.screen.prefs
    assert (chosen.language, chosen.text_size, chosen.speak) == ("fr", 3, True)
    assert Screen(at.screen.config, at.bench).prefs == chosen


def test_a_label_is_printed_where_one_waits(tmp_path: Path) -> None:
    at = At(tmp_path, {}, WAITS)
    assert at.told("HP:PRINT") == (True, "printing", "A2")
    at.bench.show("A2")
    assert at.told("HP:PRINT") == (False, "no-print", None)


def test_every_card_of_the_sheet_is_understood(tmp_path: Path) -> None:
    screen = At(tmp_path).screen
    ports, names = [port.name for port in screen.config.ports], screen.languages.names
    for card in actions.cards(ports, names.items()):
        assert parse(card.action.code, ports, names) == card.action
        assert parse(card.action.code.lower(), ports, names) == card.action
    assert parse("HP:PORT-a-1", ["A-1"], []) == Action(Verb.PORT, "A-1")


def test_nothing_of_the_bench_is_shown_raw(tmp_path: Path) -> None:
    """A device's own words go onto the page as text, and the agent's messages not at all."""
    hostile = about(1, PortPhase.REFUSED, model="<script>alert(1)</script>", serial='"><img src=x>', message="Traceback EIO")
    at = At(tmp_path, hostile)
    view = View(at.screen)
    page = view.page()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "Traceback" not in page
    at.told("HP:LEAD")
    assert "Traceback EIO" in view.frame().front.html


def test_a_frame_holds_every_port_and_is_steady(tmp_path: Path) -> None:
    at = At(tmp_path, *every_scene()[3:7])
    view = View(at.screen)
    first, again = view.frame(), view.frame()
    assert [tile.port for tile in first.tiles] == ["A1", "A2", "A3", "A4"]
    assert first == again
    moved = replace(every_scene()[5]["progress"], done_bytes=200 << 30)
    at.bench.show("A3", **every_scene()[5] | {"progress": moved})
    later = view.frame()
    assert later.tiles[2].percent != first.tiles[2].percent
    assert later.tiles[2].key == first.tiles[2].key  # the tile is not drawn anew for its bar
