"""The states of a donation, and how the devices that came in are accounted for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fleet.devices.states import WORKSHOP, State
from fleet.errors import N_


class DonorKind(StrEnum):
    """Who gives."""

    CITIZEN = "citizen"
    COMPANY = "company"
    AUTHORITY = "authority"
    SCHOOL = "school"
    OTHER = "other"


class DonationStatus(StrEnum):
    """Where a donation stands."""

    PLEDGED = "pledged"
    ARRIVED = "arrived"
    CLOSED = "closed"
    CANCELLED = "cancelled"


OPEN = frozenset({DonationStatus.PLEDGED, DonationStatus.ARRIVED})
"""Devices may still come in."""


class Series(StrEnum):
    """What is numbered, by the letter of its references."""

    DONATION = "D"
    BATCH = "B"


def reference(series: Series, year: int, number: int) -> str:
    """As people read it: D-2026-0001."""
    return f"{series.value}-{year}-{number:04d}"


class Custody(StrEnum):
    """Where a device is, as an auditor asks: `received` is the sum of these."""

    IN_WORKSHOP = "in_workshop"
    READY = "ready"
    IN_USE = "in_use"
    GIVEN_AWAY = "given_away"
    LOST = "lost"
    FITTED = "fitted"
    STRIPPED = "stripped"
    RECYCLED = "recycled"
    ENDED_OTHERWISE = "ended_otherwise"


CUSTODY: Mapping[Custody, frozenset[State]] = {
    Custody.IN_WORKSHOP: WORKSHOP | {State.WIPING, State.IMAGING, State.QUARANTINED},
    Custody.READY: frozenset({State.READY, State.RESERVED}),
    Custody.IN_USE: frozenset({State.ON_LOAN, State.DEPLOYED_FIXED}),
    Custody.GIVEN_AWAY: frozenset({State.GIFTED, State.SOLD}),
    Custody.LOST: frozenset({State.LOST}),
    Custody.FITTED: frozenset({State.FITTED}),
    Custody.STRIPPED: frozenset({State.STRIPPED}),
    Custody.RECYCLED: frozenset({State.RECYCLE_STAGED, State.RECYCLED}),
    Custody.ENDED_OTHERWISE: frozenset({State.RETURNED_TO_DONOR, State.SURRENDERED, State.TRANSFERRED_OUT, State.MERGED}),
}
"""Every state stands in exactly one line (a test proves it)."""


class DifferenceKind(StrEnum):
    """Why two figures of a donation differ."""

    DECLARED_NOT_RECEIVED = "declared_not_received"
    RECEIVED_NOT_DECLARED = "received_not_declared"
    NOT_COUNTED = "not_counted"
    COUNTED_NOT_REGISTERED = "counted_not_registered"
    REGISTERED_NOT_COUNTED = "registered_not_counted"
    SERIAL_NOT_FOUND = "serial_not_found"
    SERIAL_NOT_DECLARED = "serial_not_declared"
    NOT_LABELLED = "not_labelled"
    NOT_WIPED = "not_wiped"


EXPLANATIONS: Mapping[DifferenceKind, str] = {
    DifferenceKind.DECLARED_NOT_RECEIVED: N_("{count} declared by the donor, but not received."),
    DifferenceKind.RECEIVED_NOT_DECLARED: N_("{count} received more than the donor declared."),
    DifferenceKind.NOT_COUNTED: N_("{count} batches are open or were not counted at arrival."),
    DifferenceKind.COUNTED_NOT_REGISTERED: N_("{count} counted at arrival, but not registered yet."),
    DifferenceKind.REGISTERED_NOT_COUNTED: N_("{count} registered more than were counted at arrival."),
    DifferenceKind.SERIAL_NOT_FOUND: N_("{count} declared serial numbers were not found: {serials}"),
    DifferenceKind.SERIAL_NOT_DECLARED: N_("{count} received serial numbers were not declared: {serials}"),
    DifferenceKind.NOT_LABELLED: N_("{count} without a label that was scanned back."),
    DifferenceKind.NOT_WIPED: N_("{count} without proof that their storage is clean."),
}
SHOWN_SERIALS = 20


@dataclass(frozen=True)
class Difference:
    """A line that explains a difference."""

    kind: DifferenceKind
    count: int
    serials: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """In English; pages translate `EXPLANATIONS[kind]` and fill in the same fields."""
        return EXPLANATIONS[self.kind].format(count=self.count, serials=self.shown_serials)

    @property
    def shown_serials(self) -> str:
        """Some of the serial numbers."""
        more = "" if len(self.serials) <= SHOWN_SERIALS else ", …"
        return ", ".join(self.serials[:SHOWN_SERIALS]) + more


@dataclass(frozen=True)
class Figures:
    """What is known of a donation. `counted` is None while no batch was counted."""

    declared: int | None
    declared_serials: frozenset[str]
    counted: int | None
    uncounted_batches: int
    states: Mapping[State, int]
    serials: frozenset[str]
    labelled: int
    proven_clean: int


@dataclass(frozen=True)
class CustodyReport:
    """The account of a donation: `registered` is the sum of `lines`; every difference is explained."""

    declared: int | None
    counted: int | None
    registered: int
    labelled: int
    proven_clean: int
    lines: Mapping[Custody, int]
    differences: tuple[Difference, ...]


def account_for(known: Figures) -> CustodyReport:
    """Where everything of a donation is."""
    lines = {line: sum(known.states.get(state, 0) for state in states) for line, states in CUSTODY.items()}
    registered = sum(lines.values())
    return CustodyReport(
        declared=known.declared,
        counted=known.counted,
        registered=registered,
        labelled=known.labelled,
        proven_clean=known.proven_clean,
        lines=lines,
        differences=tuple(_differences(known, registered)),
    )


def _differences(known: Figures, registered: int) -> list[Difference]:
    received = known.counted if known.counted is not None else registered
    found = [
        *_between(known.declared, received, DifferenceKind.DECLARED_NOT_RECEIVED, DifferenceKind.RECEIVED_NOT_DECLARED),
        *_between(known.counted, registered, DifferenceKind.COUNTED_NOT_REGISTERED, DifferenceKind.REGISTERED_NOT_COUNTED),
        Difference(DifferenceKind.NOT_COUNTED, known.uncounted_batches),
        Difference(DifferenceKind.NOT_LABELLED, registered - known.labelled),
        Difference(DifferenceKind.NOT_WIPED, registered - known.proven_clean),
    ]
    if known.declared_serials:
        missing = tuple(sorted(known.declared_serials - known.serials))
        others = tuple(sorted(known.serials - known.declared_serials))
        found += [
            Difference(DifferenceKind.SERIAL_NOT_FOUND, len(missing), missing),
            Difference(DifferenceKind.SERIAL_NOT_DECLARED, len(others), others),
        ]
    return [line for line in found if line.count > 0]


def _between(first: int | None, second: int, more: DifferenceKind, fewer: DifferenceKind) -> list[Difference]:
    if first is None:
        return []
    return [Difference(more, first - second), Difference(fewer, second - first)]
