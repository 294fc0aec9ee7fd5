"""SVG paths as lines and curves that a PDF knows. Only what the pictograms use: M L H V C S A Z, capital and small."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(r"([MLHVCSAZmlhvcsaz])|(-?(?:\d+\.?\d*|\.\d+))")
_ARGUMENTS: Final = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "A": 7, "Z": 0}
Point = tuple[float, float]


@dataclass(frozen=True)
class Segment:
    """`kind` is move, line, curve or close; `points` are its end, or two controls and its end."""

    kind: str
    points: tuple[Point, ...] = ()


def outline(path: str) -> Iterator[Segment]:
    """The segments of a path, in its own coordinates."""
    here: Point = (0.0, 0.0)
    start, control = here, here
    for letter, numbers in _commands(path):
        base = here if letter.islower() else (0.0, 0.0)
        before, control = control, here
        match letter.upper():
            case "Z":
                yield Segment("close")
                here = control = start
            case "M":
                here = start = control = _shift(base, numbers)
                yield Segment("move", (here,))
            case "L":
                here = control = _shift(base, numbers)
                yield Segment("line", (here,))
            case "H" | "V" as axis:
                at = numbers[0] + base[0 if axis == "H" else 1]
                here = control = (at, here[1]) if axis == "H" else (here[0], at)
                yield Segment("line", (here,))
            case "C" | "S" as curve:
                first = _shift(base, numbers[:2]) if curve == "C" else (2 * here[0] - before[0], 2 * here[1] - before[1])
                control, end = _shift(base, numbers[-4:-2]), _shift(base, numbers[-2:])
                yield Segment("curve", (first, control, end))
                here = end
            case _:
                end = _shift(base, numbers[5:])
                yield from _arc(here, end, abs(numbers[0]), abs(numbers[1]), large=bool(numbers[3]), sweep=bool(numbers[4]))
                here = control = end


def _shift(base: Point, numbers: list[float]) -> Point:
    return base[0] + numbers[0], base[1] + numbers[1]


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with its numbers; one that is repeated is written once in SVG, and a repeated M draws lines."""
    letter, numbers = "", list[float]()
    for found in _TOKEN.finditer(path):
        if found[1]:
            letter, numbers = found[1], []
        else:
            numbers.append(float(found[2]))
        if len(numbers) == _ARGUMENTS[letter.upper()]:
            yield letter, numbers
            numbers = []
            letter = {"M": "L", "m": "l"}.get(letter, letter)


def _arc(start: Point, end: Point, rx: float, ry: float, *, large: bool, sweep: bool) -> Iterator[Segment]:
    """An unrotated elliptical arc as curves of at most a quarter turn (SVG 1.1, F.6.5)."""
    dx, dy = (start[0] - end[0]) / 2 / rx, (start[1] - end[1]) / 2 / ry
    reach = math.hypot(dx, dy)
    if reach > 1:
        rx, ry, dx, dy, reach = rx * reach, ry * reach, dx / reach, dy / reach, 1.0
    if not reach:
        return
    away = math.sqrt(max(0.0, 1 / reach**2 - 1)) * (-1 if large == sweep else 1)
    middle = (start[0] + end[0]) / 2 + away * dy * rx, (start[1] + end[1]) / 2 - away * dx * ry
    first = math.atan2((start[1] - middle[1]) / ry, (start[0] - middle[0]) / rx)
    turn = math.atan2((end[1] - middle[1]) / ry, (end[0] - middle[0]) / rx) - first
    if sweep and turn < 0:
        turn += 2 * math.pi
    elif not sweep and turn > 0:
        turn -= 2 * math.pi
    parts = math.ceil(abs(turn) / (math.pi / 2) - 1e-9)
    step = turn / parts
    pull = 4 / 3 * math.tan(step / 4)
    for number in range(parts):
        one, two = first + number * step, first + (number + 1) * step
        unit = (
            (math.cos(one) - pull * math.sin(one), math.sin(one) + pull * math.cos(one)),
            (math.cos(two) + pull * math.sin(two), math.sin(two) - pull * math.cos(two)),
            (math.cos(two), math.sin(two)),
        )
        yield Segment("curve", tuple((middle[0] + rx * x, middle[1] + ry * y) for x, y in unit))
