"""What a tile shows for each moment of a port: pure, from the port's snapshot to pictograms, phrase ids and a tone."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agents.bench.phases import PortPhase, PortSnapshot
from agents.kiosk.advice import BY_NAME, FAILED, NOT_INSTALLED, REFUSED, TORN_OUT, UNKNOWN, Advice
from agents.kiosk.calm import Rest
from agents.shell.blockdev import DeviceGone
from fleet.contract.kinds import DeviceKind, Verdict
from fleet.ui.words import KINDS


class SceneName(StrEnum):
    """The scenes; the value is a class in kiosk.css."""

    EMPTY = "empty"
    LOOKING = "looking"
    STICK = "stick"
    SCAN = "scan"
    WORKING = "working"
    GOOD = "good"
    BAD = "bad"
    STOP = "stop"
    SCRAP = "scrap"


class Sound(StrEnum):
    """What is heard when a scene begins: the names of the functions in sound.js."""

    GOOD = "good"
    BAD = "bad"
    ATTENTION = "attention"


@dataclass(frozen=True)
class Step:
    """A pictogram and its three words."""

    picture: str
    phrase: str


@dataclass(frozen=True)
class Scene:
    """A tile. `picture` names a drawing, `kind` an icon of the kind of device; `rest` is there while it works.

    `call`: show whom to call. `told`: the bench's own message, for the lead alone.
    """

    name: SceneName
    port: str
    headline: str
    picture: str | None = None
    sentence: str | None = None
    steps: tuple[Step, ...] = ()
    kind: str | None = None
    rest: Rest | None = None
    sound: Sound | None = None
    call: bool = False
    told: str | None = None

    @property
    def calls_for_hands(self) -> bool:
        """Whether a person can do something here now."""
        return self.name not in {SceneName.LOOKING, SceneName.WORKING, SceneName.EMPTY}


_STICK: Final = (Step("take-label", "take-label"), Step("stick-label", "stick-label"), Step("scan-label", "scan-label"))
_AWAY: Final = (Step("unplug", "unplug"), Step("green-shelf", "green-shelf"))
_STAY: Final = (Step("leave-in", "leave-in"),)
_SCRAP: Final = (Step("unplug", "unplug"), Step("recycling", "to-recycling"))
_WORDS: Final = {
    PortPhase.WIPING: "wiping",
    PortPhase.VERIFYING: "checking",
    PortPhase.IMAGING: "installing",
    PortPhase.READING_BACK: "checking",
}


def kind_icon(kind: DeviceKind | None) -> str:
    """The icon of a kind of device."""
    word = KINDS.get(kind or DeviceKind.OTHER)
    return word.icon if word is not None else "device"


def scene(  # noqa: PLR0911 - one return a phase
    snapshot: PortSnapshot, rest: Rest | None = None, *, image: bool = False
) -> Scene:
    """The scene of a port; `rest` while it works, `image` where the port writes one."""
    port, icon, told = snapshot.port, kind_icon(snapshot.kind), snapshot.message or None
    match snapshot.phase:
        case PortPhase.EMPTY | PortPhase.UNWATCHED:
            return Scene(SceneName.EMPTY, port, "plug-in", "plug-in")
        case PortPhase.IDENTIFYING | PortPhase.LABELLING:
            return Scene(SceneName.LOOKING, port, "one-moment", "wait", kind=icon)
        case PortPhase.WAITING_SCAN:
            name = SceneName.SCAN if snapshot.label_known else SceneName.STICK
            todo = _STICK[2:] if snapshot.label_known else _STICK
            return Scene(name, port, todo[0].phrase, todo[0].picture, steps=todo, kind=icon, sound=Sound.ATTENTION)
        case PortPhase.WIPING | PortPhase.VERIFYING | PortPhase.IMAGING | PortPhase.READING_BACK as phase:
            words = _WORDS[phase]
            return Scene(SceneName.WORKING, port, words, words, steps=_STAY, kind=icon, rest=rest)
        case PortPhase.DONE:
            headline = "all-wiped-installed" if image else "all-wiped"
            return Scene(SceneName.GOOD, port, headline, "tick", steps=_AWAY, sound=Sound.GOOD)
        case PortPhase.SET_ASIDE:
            return Scene(SceneName.SCRAP, port, "to-recycling", "recycling", "why-scrap", _SCRAP, sound=Sound.ATTENTION)
        case PortPhase.FAILED:  # the cross stands for the data; why it came so is for the lead
            return _trouble(SceneName.BAD, port, _failure(snapshot), told)
        case PortPhase.UNKNOWN:
            return _trouble(SceneName.BAD, port, UNKNOWN, told)
        case PortPhase.REFUSED:
            otherwise = NOT_INSTALLED if snapshot.verdict == Verdict.ERASED else REFUSED
            return _trouble(SceneName.STOP, port, BY_NAME.get(snapshot.trouble or "", otherwise), told)


def _failure(snapshot: PortSnapshot) -> Advice:
    if snapshot.verdict == Verdict.ERASED:
        return NOT_INSTALLED
    return TORN_OUT if snapshot.trouble == DeviceGone.__name__ else FAILED


def _trouble(name: SceneName, port: str, advice: Advice, told: str | None) -> Scene:
    return Scene(
        name,
        port,
        advice.headline,
        advice.picture,
        advice.sentence,
        tuple(Step(picture, phrase) for picture, phrase in advice.steps),
        sound=Sound.BAD if name is SceneName.BAD else Sound.ATTENTION,
        call=advice.call,
        told=told,
    )
