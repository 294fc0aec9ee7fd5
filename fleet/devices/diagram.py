"""The lifecycle page of the docs, generated from the table: `python -m fleet.devices.diagram > docs/lifecycle.md`."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from fleet.auth.rules import Role
from fleet.devices.kinds import KINDS
from fleet.devices.rules import TABLE, Transition
from fleet.devices.states import ENDS, State, Step

_LETTERS: Final = {Role.BENCH: "A", Role.WORKSHOP: "W", Role.LENDING: "L", Role.SOCIAL: "S", Role.LEAD: "M", Role.ADMIN: "M"}
_MAIN_ROAD: Final = (
    (None, State.RECEIVED),
    (State.RECEIVED, State.INSPECTED),
    (State.INSPECTED, State.WIPING),
    (State.WIPING, State.WIPED),
    (State.WIPING, State.WIPE_FAILED),
    (State.WIPE_FAILED, State.IN_REPAIR),
    (State.IN_REPAIR, State.WIPING),
    (State.WIPED, State.IMAGING),
    (State.WIPED, State.TESTING),
    (State.IMAGING, State.TESTING),
    (State.TESTING, State.TESTED),
    (State.TESTED, State.READY),
    (State.READY, State.ON_LOAN),
    (State.ON_LOAN, State.RETURNED),
    (State.RETURNED, State.WIPING),
    (State.READY, State.GIFTED),
    (State.RECEIVED, State.RECYCLE_STAGED),
    (State.RECYCLE_STAGED, State.RECYCLED),
)
"""What the picture shows; the table below it shows all."""

_INTRODUCTION: Final = """# The lifecycle of a device

<!-- Generated from fleet/devices/rules.py by `make lifecycle`; a test fails when it is not in step. -->

A device is in one *state*, which says what it is ready for. Who holds it is *custody* and is kept apart. A step that the
table below does not list is refused, with an answer that says what is missing. A bench that reports a step as a fact is
never refused: the event is kept, the state stays, and a task opens for the workshop lead.

Who: **A** bench (by its own key), **W** workshop, **L** lending desk, **S** social worker, **M** lead or admin. A lead may do
what a workshop worker may. Auditors only read.
"""


def main_road() -> Iterator[str]:
    """The diagram of the main road, in Mermaid. Every arrow in it is a row of the table."""
    listed = {(row.source, row.target): row.step for row in reversed(TABLE) if row.step is not Step.OPENING_BALANCE}
    yield "```mermaid"
    yield "stateDiagram-v2"
    for source, target in _MAIN_ROAD:
        yield f"    {source or '[*]'} --> {target}: {listed[source, target].value.replace('_', ' ')}"
    for end in sorted(ENDS & {target for _, target in _MAIN_ROAD}):
        yield f"    {end} --> [*]"
    yield "```"


def rows() -> Iterator[str]:
    """The whole table: rows that differ in nothing but their source stand together."""
    yield "| from | step | to | who | evidence that comes with it | what must stand already |"
    yield "| --- | --- | --- | --- | --- | --- |"
    shown = [row for row in TABLE if row.step is not Step.OPENING_BALANCE]
    for _, group in groupby(shown, key=lambda row: (row.step, row.target, row.roles, row.needs, row.gates)):
        alike = list(group)
        yield _line(alike)
    yield "| (new) | opening balance | any state that is no end | M | unproven, place | |"


def _line(alike: list[Transition]) -> str:
    row = alike[0]
    sources = ", ".join(item.source.value if item.source else "(new)" for item in alike)
    who = " ".join(sorted({_LETTERS[role] for role in row.roles}))
    needs = ", ".join(need.value.replace("_", " ") for need in row.needs)
    gates = ", ".join(gate.value.replace("_", " ") for gate in row.gates)
    return f"| {sources} | {row.step.value.replace('_', ' ')} | {row.target} | {who} | {needs} | {gates} |"


def kinds() -> Iterator[str]:
    """Which steps apply to which kind of device."""
    yield "| kind | holds data | guided reset | image | battery | electrical test | IMEI | default weight (g) | EEA category |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for kind, spec in KINDS.items():
        flags = (spec.storage, spec.attested)
        tests = (spec.battery, spec.electrical, spec.imei)
        cells = [*map(_yes, flags), spec.image.value, *map(_yes, tests), str(spec.weight_g), str(spec.eea_category)]
        yield f"| {kind.value.replace('_', ' ')} | " + " | ".join(cells) + " |"


def _yes(value: bool) -> str:
    return "yes" if value else ""


def page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, "## The main road\n", *main_road(), "\n## Every step\n", *rows(), "\n## Kinds of device\n", *kinds()]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - the page is what this command is for
