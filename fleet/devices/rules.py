"""The lifecycle as a table: from which state, by which step, to which state, who, with which evidence and through which gates.

What is not listed is refused. Evidence comes with the step; a gate is a condition on what stands already (see `gates.py`).
The source of each row is the agreed lifecycle in `docs/lifecycle.md`, which is generated from here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from fleet.auth.rules import Role, effective
from fleet.devices.evidence import EvidenceType as E
from fleet.devices.gates import Gate, Standing, holds
from fleet.devices.states import ENDS, LIVE, WORKSHOP, State, Step

A = frozenset({Role.BENCH})
W = frozenset({Role.WORKSHOP})
L = frozenset({Role.LENDING})
S = frozenset({Role.SOCIAL})
M = frozenset({Role.LEAD, Role.ADMIN})


@dataclass(frozen=True)
class Transition:
    """One row of the table."""

    source: State | None
    step: Step
    target: State
    roles: frozenset[Role]
    needs: tuple[E, ...] = ()
    gates: tuple[Gate, ...] = ()


def _rows(
    sources: Iterable[State | None], step: Step, target: State, roles: frozenset[Role], *conditions: E | Gate
) -> Iterator[Transition]:
    needs = tuple(item for item in conditions if isinstance(item, E))
    gates = tuple(item for item in conditions if isinstance(item, Gate))
    for source in sorted(sources, key=lambda state: state or ""):
        yield Transition(source, step, target, roles, needs, gates)


_IN = {State.IN_REPAIR}
_BEFORE_WIPE = {State.INSPECTED, State.RETURNED, State.WIPE_FAILED, State.WIPED, State.TESTED, State.READY}
_REPAIRABLE = {State.INSPECTED, State.WIPED, State.TESTED, State.READY, State.TESTING, State.IMAGING, State.RETURNED}
_AVAILABLE = {State.READY, State.RESERVED}
_PROVEN = Gate.STORAGE_PROVEN


def _intake() -> Iterator[Transition]:
    yield from _rows([None], Step.RECEIVE, State.RECEIVED, W | L | A, E.INTAKE, E.PLACE)
    yield from _rows([State.GIFTED, State.SOLD], Step.RECEIVE, State.RECEIVED, W | L, E.INTAKE, E.PLACE)
    for state in sorted(LIVE):
        yield from _rows([None], Step.OPENING_BALANCE, state, M, E.UNPROVEN, E.PLACE)
    yield from _rows([State.RECEIVED], Step.INSPECT, State.INSPECTED, W, E.VISUAL, E.PLACE, Gate.LABEL_SCANNED)
    yield from _rows([State.RETURNED], Step.INSPECT, State.INSPECTED, W | L, E.VISUAL)
    yield from _rows([State.RECEIVED], Step.SCRAP, State.RECYCLE_STAGED, W, E.VISUAL, Gate.VISUAL_SCRAP)


def _quarantine() -> Iterator[Transition]:
    sources = WORKSHOP | {State.READY, State.IMAGING, State.WIPING}
    apart = {State.QUARANTINED}
    yield from _rows(sources, Step.QUARANTINE, State.QUARANTINED, A | W, E.QUARANTINE_REASON)
    yield from _rows(apart, Step.CLEAR_QUARANTINE, State.INSPECTED, W | M, E.REASON_CLEARED)
    yield from _rows(apart, Step.START_WIPE, State.WIPING, W | M, E.REASON_CLEARED, E.STORAGE_INVENTORY)
    yield from _rows(apart, Step.RETURN_TO_DONOR, State.RETURNED_TO_DONOR, M, E.REASON, E.RECEIPT)
    yield from _rows(apart, Step.SURRENDER, State.SURRENDERED, M, E.REASON, E.RECEIPT)


def _wipe() -> Iterator[Transition]:
    wiping = {State.WIPING}
    yield from _rows(_BEFORE_WIPE, Step.START_WIPE, State.WIPING, A | W, E.STORAGE_INVENTORY)
    yield from _rows(wiping, Step.FINISH_WIPE, State.WIPED, A | W, _PROVEN, Gate.BENCH_OR_ATTESTED)
    yield from _rows(wiping, Step.FAIL_WIPE, State.WIPE_FAILED, A, E.WIPE_FAILURE)
    yield from _rows(wiping, Step.CANCEL_WIPE, State.INSPECTED, A | W, E.NOTHING_WRITTEN)
    yield from _rows([State.INSPECTED], Step.ACCEPT_PROOF, State.WIPED, W, Gate.STORAGE_FITTED, _PROVEN)


def _drives() -> Iterator[Transition]:
    """A drive goes into a device and comes out of one: always by two scans, or because a bench saw it there."""
    wiped = {State.WIPED, State.TESTED, State.READY}
    yield from _rows(wiped, Step.FIT_INTO, State.FITTED, A | W, E.FITTED_INTO, Gate.KIND_IS_DRIVE, _PROVEN)
    yield from _rows([None], Step.TAKE_OUT, State.RECEIVED, W, E.TAKEN_OUT_OF, E.PLACE, Gate.KIND_IS_DRIVE)
    yield from _rows([State.FITTED], Step.TAKE_OUT, State.INSPECTED, W, E.TAKEN_OUT_OF, E.PLACE)


def _repair() -> Iterator[Transition]:
    yield from _rows(_REPAIRABLE, Step.OPEN_REPAIR, State.IN_REPAIR, W | L, E.WORK_ORDER)
    yield from _rows([State.WIPE_FAILED], Step.OPEN_REPAIR, State.IN_REPAIR, W, E.WORK_ORDER)
    yield from _rows(_IN, Step.AWAIT_PARTS, State.AWAITING_PARTS, W | L, E.WORK_ORDER)
    yield from _rows([State.AWAITING_PARTS], Step.PARTS_ARRIVED, State.IN_REPAIR, W | L, E.WORK_ORDER)
    yield from _rows(_IN, Step.CLOSE_REPAIR, State.INSPECTED, W, E.REPAIR_OUTCOME)
    yield from _rows(_IN, Step.CLOSE_REPAIR_STILL_WIPED, State.WIPED, W, E.REPAIR_OUTCOME, _PROVEN)
    yield from _rows(_IN, Step.START_WIPE, State.WIPING, W, E.REPAIR_OUTCOME, E.STORAGE_INVENTORY)


def _prepare() -> Iterator[Transition]:
    installable = {State.WIPED, State.TESTED, State.READY}
    yield from _rows(installable, Step.START_IMAGE, State.IMAGING, A | W, _PROVEN, Gate.KIND_HAS_IMAGE)
    yield from _rows([State.IMAGING], Step.FINISH_IMAGE, State.TESTING, A | W, E.IMAGE_WRITTEN)
    yield from _rows(installable, Step.RECORD_IMAGE, State.TESTING, A | W, E.IMAGE_RECORDED, _PROVEN, Gate.KIND_HAS_IMAGE)
    yield from _rows([State.WIPED], Step.START_TEST, State.TESTING, W, Gate.IMAGE_NOT_REQUIRED)
    yield from _rows([State.INSPECTED], Step.START_TEST, State.TESTING, W, Gate.NOTHING_TO_WIPE)
    yield from _rows([State.TESTING], Step.PASS_TEST, State.TESTED, W, E.TEST_RESULT, Gate.TESTS_COMPLETE)
    gates = (_PROVEN, Gate.IMAGE_CURRENT, Gate.TESTS_CURRENT, Gate.NOT_THE_TESTER)
    yield from _rows([State.TESTED], Step.RELEASE, State.READY, W, *gates)


def _lend() -> Iterator[Transition]:
    lendable = (E.HOLDER, E.DUE, E.AGREEMENT, E.KIT_SCANNED, _PROVEN)
    out = {State.ON_LOAN, State.DEPLOYED_FIXED}
    yield from _rows([State.READY], Step.RESERVE, State.RESERVED, L | S, E.HOLDER, E.DUE)
    yield from _rows([State.RESERVED], Step.UNRESERVE, State.READY, L | S, _PROVEN)
    yield from _rows(_AVAILABLE, Step.LEND, State.ON_LOAN, L, *lendable)
    yield from _rows(_AVAILABLE, Step.SWAP_IN, State.ON_LOAN, L, *lendable, E.SWAP)
    yield from _rows([State.ON_LOAN], Step.EXTEND, State.ON_LOAN, L, E.DUE)
    yield from _rows(_AVAILABLE, Step.DEPLOY, State.DEPLOYED_FIXED, L | M, E.SITE, _PROVEN)
    given = _AVAILABLE | {State.ON_LOAN}
    yield from _rows(given, Step.GIFT, State.GIFTED, L | M, E.DECISION, E.RECEIPT, _PROVEN)
    yield from _rows(given, Step.SELL, State.SOLD, L | M, E.DECISION, E.RECEIPT, _PROVEN)
    yield from _rows(out, Step.TAKE_BACK, State.RETURNED, L | W, E.RETURN_CHECK, Gate.COUNTER_SIGNED_OR_WHY)


def _leave() -> Iterator[Transition]:
    yield from _rows(LIVE - {State.LOST}, Step.REPORT_LOST, State.LOST, L | W | M, E.LOSS_STATEMENT)
    yield from _rows([State.LOST], Step.FIND, State.RETURNED, L | W, E.FOUND_REPORT)
    yield from _rows([State.LOST], Step.RECEIVE, State.RECEIVED, L | W, E.FOUND_REPORT, E.INTAKE, E.PLACE)
    apart = WORKSHOP | {State.QUARANTINED}
    yield from _rows(apart, Step.STRIP, State.STRIPPED, W, E.PARTS_HARVESTED, Gate.STORAGE_ACCOUNTED)
    staged = (E.REASON, Gate.STORAGE_ACCOUNTED)
    yield from _rows(apart | {State.READY, State.STRIPPED}, Step.STAGE_RECYCLING, State.RECYCLE_STAGED, W | M, *staged)
    yield from _rows([State.RECYCLE_STAGED], Step.UNSTAGE_RECYCLING, State.INSPECTED, W | M, E.REASON)
    yield from _rows([State.RECYCLE_STAGED], Step.RECYCLE, State.RECYCLED, M, E.SHIPMENT)
    yield from _rows(LIVE, Step.TRANSFER_OUT, State.TRANSFERRED_OUT, M, E.HAND_OVER)
    yield from _rows(LIVE, Step.MERGE, State.MERGED, M, E.DUPLICATE_OF)


TABLE: tuple[Transition, ...] = (
    *_intake(),
    *_quarantine(),
    *_wipe(),
    *_drives(),
    *_repair(),
    *_prepare(),
    *_lend(),
    *_leave(),
)
_BY_SOURCE: dict[tuple[State | None, Step], tuple[Transition, ...]] = {
    (row.source, row.step): tuple(other for other in TABLE if (other.source, other.step) == (row.source, row.step))
    for row in TABLE
}


def find(source: State | None, step: Step, target: State | None = None) -> Transition | None:
    """The row for a step from a state; `target` chooses where the table offers several (the opening balance)."""
    rows = _BY_SOURCE.get((source, step), ())
    if target is not None:
        rows = tuple(row for row in rows if row.target is target)
    return rows[0] if len(rows) == 1 else None


def possible(source: State | None) -> tuple[Transition, ...]:
    """Every row that leaves a state, in the table's order."""
    return tuple(row for row in TABLE if row.source is source)


@dataclass(frozen=True)
class Asked:
    """Somebody wants to take a step: in which roles, with which evidence."""

    source: State | None
    step: Step
    roles: frozenset[Role]
    standing: Standing
    target: State | None = None


class Verdict(StrEnum):
    """How a question to the table ends."""

    ALLOWED = "allowed"
    NOT_LISTED = "not_listed"
    ROLE_MISSING = "role_missing"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True)
class Answer:
    """What the table says: the row if there is one, and what is missing."""

    verdict: Verdict
    row: Transition | None = None
    missing: tuple[str, ...] = ()


def decide(asked: Asked) -> Answer:
    """Ask the table. Nothing is allowed that it does not list."""
    row = find(asked.source, asked.step, asked.target)
    if row is None:
        return Answer(Verdict.NOT_LISTED)
    if effective(asked.roles).isdisjoint(row.roles):
        return Answer(Verdict.ROLE_MISSING, row, tuple(sorted(row.roles)))
    given = {what.type for what in asked.standing.given}
    missing = [need.value for need in row.needs if need not in given]
    missing += [gate.value for gate in row.gates if not holds(gate, asked.standing)]
    return Answer(Verdict.INCOMPLETE, row, tuple(missing)) if missing else Answer(Verdict.ALLOWED, row)


def is_end(state: State) -> bool:
    """Whether a device stays there."""
    return state in ENDS
