"""What the screen shows at one moment: rendered pieces, each with a key, so that a page replaces only what changed."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agents.bench.phases import PortPhase
from agents.config import BenchConfig
from agents.journal.db import JournalBroken
from agents.kiosk import actions
from agents.kiosk.calm import Calm, Rest
from agents.kiosk.desk import Panel
from agents.kiosk.label_picture import LabelPicture, label_picture
from agents.kiosk.languages import Tongue
from agents.kiosk.memory import WORKS, Shown
from agents.kiosk.pictograms import kind_picture, pictogram
from agents.kiosk.scenes import Scene, SceneName, scene
from agents.kiosk.screen import Screen
from fleet.ui.icons import icon
from labels import codes

_TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Tile:
    """One port on the page. `html` is without the bar's figures, which follow by themselves; `say`: languages and texts."""

    port: str
    key: str
    html: Markup
    moment: str
    scene: SceneName
    sound: str | None
    say: tuple[tuple[str, str], ...]
    percent: int | None = None
    rest: str | None = None


@dataclass(frozen=True)
class Piece:
    """A part of the page beside the tiles."""

    key: str
    html: Markup


@dataclass(frozen=True)
class Frame:
    """Everything on the screen. `page` changes when the page must be loaded anew: another language, size, or agent.

    The counters grow with each wish, so that a page carries it out once: speak, print, make a sound, answer with a sound.
    """

    page: str
    boot: str
    tiles: tuple[Tile, ...]
    status: Piece
    front: Piece
    reply: Piece
    replied: int
    reply_good: bool | None
    spoken: int
    speech: tuple[tuple[str, str], ...]
    speak_always: bool
    printed: int
    print_port: str | None
    sounded: int

    def to_json(self) -> dict[str, Any]:
        """As the page takes it."""
        return asdict(self)


@cache
def environment() -> Environment:
    """The templates; texts come from the tongue that each rendering is given."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    made.globals |= {"picto": pictogram, "kind_picture": kind_picture, "icon": icon, "show_code": codes.show}
    return made


class View:
    """Draws a screen. Used by one thread at a time."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.boot = secrets.token_hex(4)
        self.token = secrets.token_urlsafe(24)
        self._calm = Calm()
        self._images = {port.name: port.image is not None for port in screen.config.ports}

    def frame(self, *, whole: bool = False) -> Frame:
        """The screen now; `whole`: for a page that may have no scripts, so with the bars' figures in the tiles."""
        screen, tongue = self.screen, self.screen.tongue
        shown = screen.memory.all()
        tiles = tuple(self.tile(one, tongue, whole=whole) for one in shown)
        desk = screen.desk
        reply = desk.reply
        return Frame(
            page=self._page_key(),
            boot=self.boot,
            tiles=tiles,
            status=self._piece("status.html", tongue, standing=self._standing(), clock=_clock),
            front=self._front(tongue, shown),
            reply=self._piece("reply.html", tongue, reply=reply) if reply is not None else Piece("", Markup()),
            replied=desk.replies,
            reply_good=reply.good if reply is not None else None,
            spoken=desk.spoken,
            speech=self._speech(tiles),
            speak_always=screen.prefs.speak,
            printed=desk.printed,
            print_port=screen.label_port(),
            sounded=desk.sounded,
        )

    def tile(self, shown: Shown, tongue: Tongue, *, whole: bool = False) -> Tile:
        """One port. Its key leaves the bar's figures out: they must not make the tile a new one."""
        snapshot = shown.snapshot
        image = self._images[snapshot.port]
        rest = self._calm.rest(snapshot, image=image) if snapshot.phase in WORKS else None
        what = scene(snapshot, rest, image=image)
        html = self._tile_html(replace(what, rest=None), shown, tongue)
        return Tile(
            port=snapshot.port,
            key=_key(html),
            html=self._tile_html(what, shown, tongue) if whole and rest is not None else html,
            moment=f"{self.boot}-{shown.moment}",
            scene=what.name,
            sound=what.sound,
            say=_spoken(what, snapshot.asset_code, tongue),
            percent=rest.percent if rest is not None else None,
            rest=rest_text(rest, tongue) if rest is not None else None,
        )

    def page(self) -> str:
        """The whole page."""
        return self.render("kiosk.html", self.screen.tongue, frame=self.frame(whole=True))

    def sheet(self, cards: Sequence[tuple[actions.Card, Markup]]) -> str:
        """The page of the action sheet."""
        return self.render("sheet.html", self.screen.tongue, cards=cards)

    def label(self, port: str) -> LabelPicture | None:
        """The label of a port that waits for its scan."""
        for snapshot in self.screen.ports():
            if snapshot.port == port and snapshot.phase is PortPhase.WAITING_SCAN:
                return label_picture(snapshot, self.screen.bench.profile, self.config.label_size)
        return None

    @property
    def config(self) -> BenchConfig:
        """The bench's settings."""
        return self.screen.config

    def render(self, template: str, tongue: Tongue, **context: object) -> str:
        """A template with what all of them need."""
        screen = self.screen
        return environment().get_template(template).render(
            say=tongue.say, plain=tongue.plain, tongue=tongue, screen=screen, prefs=screen.prefs, desk=screen.desk,
            contact=self.config.kiosk.contact, station=self.config.station, token=self.token, **context,
        )  # fmt: skip

    def _tile_html(self, what: Scene, shown: Shown, tongue: Tongue) -> Markup:
        label = self.label(shown.snapshot.port) if what.name in {SceneName.STICK, SceneName.SCAN} else None
        visuals = tuple(actions.cards((), ()))[:3] if label is not None else ()
        html = self.render("tile.html", tongue, scene=what, shown=shown, snapshot=shown.snapshot, label=label, visuals=visuals)
        return Markup(html)  # noqa: S704 - rendered with autoescape

    def _front(self, tongue: Tongue, shown: Sequence[Shown]) -> Piece:
        panel = self.screen.desk.panel
        if panel is None:
            return Piece("", Markup())
        told = [(one.snapshot.port, one.snapshot.message) for one in shown if one.snapshot.message]
        cards = {card.action.verb: card for card in actions.cards((), ())}
        context: Mapping[str, object] = {"told": told, "standing": self._standing(), "cards": cards, "Panel": Panel}
        return self._piece("panel.html", tongue, panel=panel, languages=self.screen.languages, **context)

    def _piece(self, template: str, tongue: Tongue, **context: object) -> Piece:
        html = Markup(self.render(template, tongue, **context))  # noqa: S704 - rendered with autoescape
        return Piece(_key(html), html)

    def _standing(self) -> object:
        """How the bench is; None when its journal cannot be read, which is a trouble of its own."""
        try:
            return self.screen.bench.standing()
        except JournalBroken:
            return None

    def _page_key(self) -> str:
        chosen = self.screen.prefs
        return f"{self.boot}-{chosen.language}-{chosen.base}-{chosen.text_size}"

    def _speech(self, tiles: Sequence[Tile]) -> tuple[tuple[str, str], ...]:
        """What "read aloud" says: the port in front, else every port that wants hands, else all that is on the screen."""
        front = [tile for tile in tiles if tile.port == self.screen.desk.focus]
        wanting = [tile for tile in tiles if tile.sound is not None]
        return tuple(part for tile in front or wanting or tiles[:1] for part in tile.say)


def rest_text(rest: Rest, tongue: Tongue) -> str:
    """The time left, in words."""
    return tongue.plain(rest.phrase, count=rest.count) if rest.count is not None else tongue.plain(rest.phrase)


def _spoken(what: Scene, code: str | None, tongue: Tongue) -> tuple[tuple[str, str], ...]:
    phrases = dict.fromkeys([what.headline, *([what.sentence] if what.sentence else []), *(step.phrase for step in what.steps)])
    spelled = [(tongue.code, " ".join(codes.show(code)))] if code is not None and what.name is SceneName.STICK else []
    return (
        (tongue.code, f"{what.port}."),
        *((tongue.language_of(phrase), tongue.plain(phrase) + ".") for phrase in phrases),
        *spelled,
    )


def _clock(moment: datetime) -> str:
    """A moment as a clock on the wall shows it."""
    return moment.astimezone().strftime("%H:%M")


def _key(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()[:12]
