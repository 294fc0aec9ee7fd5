"""Our own pictograms: line drawings on a grid of 100 x 100, in the text's colour, some with a part that moves.

The classes `go-…` are moved by kiosk.css, and stand still for people who ask for less motion. `fill` is a part in full colour,
`paper` one that hides what lies behind it.
"""

from typing import Final

from markupsafe import Markup

from fleet.ui.icons import PATHS


def _path(data: str, classes: str = "") -> str:
    return f'<path{f" class={chr(34)}{classes}{chr(34)}" if classes else ""} d="{data}"/>'


def _group(classes: str, *parts: str) -> str:
    return f'<g class="{classes}">{"".join(parts)}</g>'


def _large(parts: str, down: int = -15) -> str:
    """Drawn a third larger, moved down by so much."""
    return f'<g transform="translate(-20 {down}) scale(1.3)">{parts}</g>'


def _device(x: int, y: int) -> str:
    """A laptop, 52 wide and 40 high."""
    return _path(f"M{x + 6} {y}h40v28h-40zM{x} {y + 38}h52l-6-10h-40z", "paper")


def _label(x: int, y: int) -> str:
    """A sticker with a square code and two lines, 34 x 22."""
    code = f"M{x + 4} {y + 4}h5v5h-5zM{x + 12} {y + 4}h3v3h-3zM{x + 4} {y + 13}h3v4h-3zM{x + 10} {y + 11}h5v6h-5z"
    return _path(f"M{x} {y}h34v22h-34z", "paper") + _path(code, "fill thin") + _path(f"M{x + 20} {y + 7}h9M{x + 20} {y + 14}h9")


_SOCKET = "M64 34h26v32h-26zM72 44v12M82 44v12"
_PLUG = "M44 38h-14v24h14zM44 43h9M44 57h9M30 50H18"
_SHELVES = "M18 8v84M82 8v84M18 34h64M18 62h64M18 90h64"
_HAND = (
    "M34 56V24a5 5 0 0 1 10 0v24M44 46V16a5 5 0 0 1 10 0v30M54 46V20a5 5 0 0 1 10 0v30M64 50V30a5 5 0 0 1 10 0v32"
    "c0 18-9 30-24 30-10 0-16-5-21-14L18 60c-3-6 5-11 10-5l6 8"
)
_DISK = "M22 14h56v72H22zM50 28a16 16 0 1 0 0 32 16 16 0 0 0 0-32zM50 42h.1M32 74h14"
_ROUND = "M50 8a42 42 0 1 0 0 84 42 42 0 0 0 0-84z"
_PERSON = "M34 20a13 13 0 1 0 0 26 13 13 0 0 0 0-26zM12 88c0-24 10-34 22-34s22 10 22 34"
_BIN = "M24 32h52l-6 58H30zM16 32h68M40 32V20h20v12"

DRAWINGS: Final[dict[str, str]] = {
    "plug-in": _large(_path(_SOCKET) + _group("go-right", _path(_PLUG))),
    "unplug": _large(_path(_SOCKET) + _group("go-left", _path(_PLUG)), -28) + _path("M60 82H14M26 70L14 82l12 12"),
    "leave-in": _path("M58 22h30v32h-30zM68 32v12M78 32v12M34 26h14v24H34zM48 31h10M48 45h10M34 38H14")
    + _path("M32 68h36v26H32zM38 68v-4a12 12 0 0 1 24 0v4M50 78v6", "paper"),
    "plug-again": _large(_path(_SOCKET) + _group("go-right", _path(_PLUG)), -8)
    + _path("M20 24a36 22 0 0 1 58 0M80 10l-1 15-14-3"),
    "take-label": _path("M14 46h72v34H14zM24 46V22h52v24M26 66h48") + _group("go-down", _label(33, 66)),
    "stick-label": _device(10, 40) + _group("go-stick", _label(50, 14)) + _path("M84 42v16M78 52l6 7 6-7"),
    "scan-label": _path("M20 12h34l8 16-8 10H36l-4 28H18l3-30z", "paper")
    + _group("go-blink", _path("M60 44l12 14M52 46l4 18M64 34l20 8", "beam"))
    + _label(52, 68),
    "wait": _path(_ROUND) + _group("go-turn", _path("M50 50V24")) + _path("M50 50l14 10"),
    "look": _path("M6 50c12-20 27-30 44-30s32 10 44 30c-12 20-27 30-44 30S18 70 6 50zM50 36a14 14 0 1 0 0 28 14 14 0 0 0 0-28z"),
    "wiping": _path(_DISK) + _group("go-wipe", _path("M46 54l24-24 22 22-24 24H56L46 66z", "paper"), _path("M58 42l22 22")),
    "checking": _path(_DISK) + _group("go-wipe", _path("M62 44a18 18 0 1 0 .1 0zM75 75l17 17M54 62l6 7 11-13", "paper")),
    "installing": _path(_DISK) + _group("go-down", _path("M72 24v36M58 48l14 14 14-14", "")),
    "tick": _path("M14 54l24 24L88 24"),
    "cross": _path("M20 20l60 60M80 20L20 80"),
    "pause": _path("M34 22v56M66 22v56"),
    "green-shelf": _path(_SHELVES)
    + _path("M30 14h40v20H30z", "fill good")
    + _path("M40 24l7 6 13-12", "over")
    + _path("M66 76H30M42 66L30 76l12 10", "go"),
    "red-shelf": _path(_SHELVES)
    + _path("M30 14h40v20H30z", "fill bad")
    + _path("M43 18l14 12M57 18L43 30", "over")
    + _path("M34 76h36M58 66l12 10-12 10", "go"),
    "recycling": _path(_BIN) + _path("M50 46l10 16H40zM40 76h20"),
    "hand": _path(_HAND),
    "get-help": _path(_PERSON)
    + _path("M62 16c20-6 32 6 28 20s-16 14-22 12l-10 6 2-12c-6-10-4-22 2-26z")
    + _path("M76 24v10M76 41h.1"),
    "wrong-disk": _path("M12 12h76v50H12zM36 86h28M50 62v24") + _path("M34 22l32 30M66 22L34 52"),
    "in-use": _path("M12 12h76v50H12zM36 86h28M50 62v24") + _group("go-turn-slow", _path("M50 24a13 13 0 1 1-12 8M38 22v11h11")),
    "locked": _path("M20 44h60v46H20zM32 44V32a18 18 0 0 1 36 0v12M50 60v14"),
    "no-number": _path("M12 28h76v44H12z") + _path("M24 42v16M34 42v16M44 42v16M66 40a7 7 0 1 1 9 7c-3 1-3 3-3 6M72 62h.1"),
    "no-disk": '<path class="dashed" d="M22 14h56v72H22z"/>' + _path("M40 40a10 10 0 1 1 14 9c-4 2-4 5-4 9M50 70h.1"),
    "destroy": _path("M14 56h72v34H14zM22 56l6 8 8-8 8 8 8-8 8 8 8-8 8 8 6-8")
    + _group("go-down", _path("M32 8h36v36H32zM50 18a8 8 0 1 0 .1 0z")),
    "not-here": _path(_DISK) + _path("M14 90L86 10"),
    "twice": _path("M8 24h34v46H8zM58 24h34v46H58z") + _path("M25 38h.1M75 38h.1M20 86h60M44 44h12M44 52h12"),
    "no-labels": _label(33, 24) + _path("M18 70h64v18H18z") + _path("M22 10l56 48"),
    "bench-trouble": _path("M8 56h84M18 56v34M82 56v34M30 14h40v28H30zM50 42v14") + _path("M50 20v9M50 35h.1"),
    "badge": _path("M28 24h44v66H28zM42 24V10h16v14M50 40a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM36 80c0-10 6-15 14-15s14 5 14 15"),
    "speak": _path("M12 38h16l22-18v60L28 62H12z") + _path("M64 36c8 8 8 20 0 28M76 26c14 14 14 34 0 48"),
    "speak-off": _path("M12 38h16l22-18v60L28 62H12z") + _path("M66 40l20 20M86 40L66 60"),
    "bigger": _path("M10 84L32 26l22 58M18 64h28M74 36v32M58 52h32"),
    "smaller": _path("M10 84L32 26l22 58M18 64h28M58 52h32"),
    "help": _path(_ROUND) + _path("M38 40a12 12 0 1 1 17 11c-4 2-5 5-5 10M50 74h.1"),
    "settings": _path(_ROUND) + _path("M8 50h84M50 8c14 12 17 26 17 42s-3 30-17 42M50 8C36 20 33 34 33 50s3 30 17 42"),
    "next": _path("M12 50h70M56 22l28 28-28 28"),
    "back": _path("M88 50H18M44 22L16 50l28 28"),
    "print": _path("M28 36V10h44v26M28 70H10V36h80v34H72M28 58h44v34H28z"),
    "good": _path("M22 22h56v38H22zM10 78h80l-8-14H18z") + _path("M38 40l9 9 16-17"),
    "damaged": _path("M22 22h56v38H22zM10 78h80l-8-14H18z") + _path("M54 22L44 38l12 6-10 16"),
    "scrap": _path(_BIN) + _path("M38 48l24 24M62 48L38 72"),
    "lead": _path(_PERSON) + _path("M62 30h28M62 46h28M68 62h22"),
    "sheet": _path("M20 8h42l18 18v66H20zM62 8v18h18M32 42h12v12H32zM32 66h12v12H32zM54 48h14M54 72h14"),
    "cloud": _path("M28 76a18 18 0 0 1-2-36 24 24 0 0 1 46-4 20 20 0 0 1 2 40z") + _path("M38 58l9 9 16-18"),
    "cloud-wait": _path("M28 76a18 18 0 0 1-2-36 24 24 0 0 1 46-4 20 20 0 0 1 2 40z") + _path("M50 66V46M41 54l9-9 9 9"),
    "cloud-off": _path("M28 76a18 18 0 0 1-2-36 24 24 0 0 1 46-4 20 20 0 0 1 2 40z") + _path("M16 14l70 76"),
    "sound": _path("M40 78V20l40-8v58M40 78a12 10 0 1 1-.1-4M80 70a12 10 0 1 1-.1-4"),
    "place": _path("M50 94c22-28 34-42 34-58a34 34 0 0 0-68 0c0 16 12 30 34 58zM50 24a12 12 0 1 0 0 24 12 12 0 0 0 0-24z"),
}


def pictogram(name: str) -> Markup:
    """Inline SVG, a decoration beside its words. Raises KeyError."""
    return Markup('<svg class="picto picto-{}" viewBox="0 0 100 100" aria-hidden="true">{}</svg>').format(
        name,
        Markup(DRAWINGS[name]),  # noqa: S704 - our own drawings alone
    )


def kind_picture(icon_name: str) -> Markup:
    """An icon of the design system as large as a pictogram. Raises KeyError."""
    return Markup('<svg class="picto picto-kind" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>').format(
        PATHS[icon_name]
    )
