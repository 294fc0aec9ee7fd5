"""The screen's mind: takes scans and touches, and knows what is in front. It draws nothing and speaks no HTTP."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from agents.bench.phases import PortPhase, PortSnapshot
from agents.bench.standing import Standing
from agents.config import BenchConfig
from agents.journal.scans import Answer
from agents.kiosk import actions, prefs, verdicts
from agents.kiosk.actions import Action, Verb
from agents.kiosk.desk import Desk, Panel, Reply
from agents.kiosk.languages import Languages, Tongue
from agents.kiosk.memory import Memory, Shown
from agents.kiosk.scenes import scene
from agents.shell.clock import monotonic
from fleet.contract.badge import badge_code, badge_hash
from fleet.contract.bench import BenchProfile
from fleet.contract.kinds import VisualResult
from labels.scan import Scan, parse_scan

_VISUAL: Final = {Verb.GOOD: VisualResult.GOOD, Verb.DAMAGED: VisualResult.DAMAGED, Verb.SCRAP: VisualResult.SCRAP}
_PANELS: Final = {Verb.HELP: Panel.HELP, Verb.SETTINGS: Panel.SETTINGS, Verb.LEAD: Panel.LEAD}


class BenchAtWork(Protocol):
    """What the screen needs of a bench."""

    @property
    def profile(self) -> BenchProfile:
        """What the service last told this bench."""

    def ports(self) -> tuple[PortSnapshot, ...]:
        """What every port shows now."""

    def listen(self, listener: Callable[[PortSnapshot], None]) -> None:
        """Have every change told."""

    def standing(self) -> Standing:
        """How the bench itself is."""

    def scan(self, port: str, text: str, *, visual: VisualResult, operator: str | None) -> Answer:
        """Scan a label at a port."""


class Screen:
    """One screen of one bench. `changed` is called, from any thread, when there is something new to show.

    Raises PhrasesUnusable when a file of phrases cannot be used.
    """

    def __init__(self, config: BenchConfig, bench: BenchAtWork, clock: Callable[[], float] = monotonic) -> None:
        self.config, self.bench = config, bench
        self.languages = Languages(config.kiosk.phrases)
        self.memory = Memory(bench.ports(), clock)
        self.desk = Desk(60.0 * config.kiosk.badge_minutes, clock)
        self.prefs = prefs.load(config.state_dir, config.kiosk)
        self.changed = threading.Event()
        self._lock = threading.Lock()
        bench.listen(self._took)

    @property
    def folder(self) -> Path:
        """Where choices are kept."""
        return self.config.state_dir

    @property
    def tongue(self) -> Tongue:
        """What it speaks now."""
        return self.languages.tongue(self.prefs.language, self.prefs.base)

    def ports(self) -> tuple[PortSnapshot, ...]:
        """The ports as they are shown."""
        return tuple(shown.snapshot for shown in self.memory.all())

    def scan(self, text: str) -> Reply | None:
        """Take what was scanned or touched; the answer, or None where the screen itself is the answer."""
        action = actions.parse(text, [port.name for port in self.config.ports], self.languages.names)
        try:
            if action is not None:
                return self._act(action)
            if text.strip().upper().startswith(actions.PREFIX):
                return self._tell(good=False, phrase="scan-unknown-code")
            badge = badge_code(text)
            if badge is not None:
                return self._badge(badge)
            return self._label(parse_scan(text), text)
        finally:
            self.changed.set()

    def _took(self, snapshot: PortSnapshot) -> None:
        self.memory.take(snapshot)
        self.changed.set()

    def _tell(self, *, good: bool, phrase: str, port: str | None = None, **fields: str) -> Reply:
        with self._lock:
            return self.desk.tell(good=good, phrase=phrase, port=port, **fields)

    def _badge(self, badge: str) -> Reply:
        """Somebody else works here now: told by the badge alone, which is no proof; the service asks a PIN where it needs one."""
        profile = self.bench.profile
        login = dict(profile.badges).get(badge_hash(badge).hex())
        if login is None or (profile.operators and login not in profile.operators):
            return self._tell(good=False, phrase="scan-not-you")
        with self._lock:
            self.desk.sign_in(login)
            return self.desk.tell(good=True, phrase="badge-in", name=login)

    def _label(self, scan: Scan, text: str) -> Reply:
        """Give a label to the port that waits for it. The bench decides; this waits for its answer."""
        ports = self.bench.ports()
        found = verdicts.waiting_for(scan, ports)
        if len(found) > 1:
            found = [port for port in found if port.port == self.desk.focus] or found
        if len(found) != 1:
            phrase, about = ("scan-which", None) if found else verdicts.unplaced(scan, ports)
            return self._tell(good=False, phrase=phrase, port=about)
        with self._lock:
            visual, operator = self.desk.visual, self.desk.operator
        port = found[0].port
        answer = self.bench.scan(port, text, visual=visual, operator=operator)
        if not answer.accepted:
            told = self.bench.profile
            who = operator or self.config.operator
            phrase = verdicts.refused(scan, answer, base_url=told.label_base_url, operator=who, operators=told.operators)
            return self._tell(good=False, phrase=phrase, port=port)
        with self._lock:
            self.desk.judged()
            self.desk.stay()
            self.desk.open(None, None)
            return self.desk.tell(good=True, phrase="scan-good", port=port)

    def _act(self, action: Action) -> Reply | None:
        with self._lock:
            match action.verb:
                case Verb.GOOD | Verb.DAMAGED | Verb.SCRAP as verb:
                    self.desk.judge(_VISUAL[verb])
                case Verb.HELP | Verb.SETTINGS | Verb.LEAD | Verb.PORT | Verb.NEXT | Verb.BACK | Verb.OK:
                    self._look(action)
                case Verb.SPEAK:
                    self.desk.spoken += 1
                case Verb.SOUND:
                    self.desk.sounded += 1
                case Verb.PRINT:
                    return self._print()
                case Verb.BYE:
                    self.desk.sign_off()
                    return self.desk.tell(good=True, phrase="badge-out")
                case _:
                    self._choose(action)
        return None

    def _look(self, action: Action) -> None:
        """Put something in front, or all ports again."""
        match action.verb:
            case Verb.HELP | Verb.SETTINGS | Verb.LEAD as verb:
                panel = _PANELS[verb]
                self.desk.open(None if self.desk.panel is panel else panel, self.desk.focus)
            case Verb.PORT:
                self.desk.open(None, action.subject)
            case Verb.NEXT:
                self.desk.open(None, self._next())
            case _:
                self.desk.hush()
                self.desk.open(None, None)
                if action.verb is Verb.OK:
                    # everything that waited for eyes was seen: ends whose device left, too
                    self.memory.dismiss()

    def _choose(self, action: Action) -> None:
        """A choice that is remembered."""
        before = self.prefs
        match action.verb:
            case Verb.LANGUAGE:
                self.prefs = before.with_language(action.subject or before.base)
            case Verb.BIGGER:
                self.prefs = before.sized(1)
            case Verb.SMALLER:
                self.prefs = before.sized(-1)
            case Verb.SPEAK_ALWAYS | Verb.SPEAK_STOP as verb:
                self.prefs = replace(before, speak=verb is Verb.SPEAK_ALWAYS)
        if self.prefs != before:
            prefs.keep(self.folder, self.prefs)

    def _next(self) -> str | None:
        """The port after the one in front where hands are needed."""
        wanting = [shown.snapshot.port for shown in self.memory.all() if _wants_hands(shown)]
        if not wanting:
            return None
        names = [port.name for port in self.config.ports]
        after = names.index(self.desk.focus) + 1 if self.desk.focus in names else 0
        return next((port for port in names[after:] if port in wanting), wanting[0])

    def label_port(self) -> str | None:
        """The port whose label is to be printed: the one in front, else the one that came last."""
        waiting = [shown for shown in self.memory.all() if shown.snapshot.phase is PortPhase.WAITING_SCAN]
        front = [shown for shown in waiting if shown.snapshot.port == self.desk.focus]
        newest = sorted(front or waiting, key=lambda shown: shown.since_s)
        return newest[-1].snapshot.port if newest else None

    def _print(self) -> Reply:
        port = self.label_port()
        if port is None:
            return self.desk.tell(good=False, phrase="no-print")
        self.desk.printed += 1
        return self.desk.tell(good=True, phrase="printing", port=port)


def _wants_hands(shown: Shown) -> bool:
    return scene(shown.snapshot).calls_for_hands
