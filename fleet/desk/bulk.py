"""One action on several devices: what would happen to each, then each by itself, on the version that was looked at.

A run is kept: confirming it twice is confirming it once, it goes on where a closed tab left it, and what can be taken back is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlmodel import Session

from fleet.audit import service as audit
from fleet.auth.rules import MANAGERS, Principal, Role, demand
from fleet.db.columns import utc_now
from fleet.desk import repository
from fleet.desk.models import BulkRun
from fleet.desk.steps import ASKED, Asking
from fleet.devices import evidence as ev
from fleet.devices import service
from fleet.devices.correction import correct
from fleet.devices.errors import DeviceStale
from fleet.devices.models import Device
from fleet.devices.rules import Answer, Asked, Verdict, decide, find
from fleet.devices.standing import By, standing_of
from fleet.devices.states import State, Step
from fleet.errors import N_, FleetError, Invalid, NotFound
from fleet.organisations import service as organisations
from labels.codes import show

MOST: Final = 500
"""Devices of one run."""
AT_ONCE: Final = 25
"""Devices of one request: the chain of the organisation is locked for some tenths of a second."""
KEPT: Final = timedelta(days=7)
WORKERS: Final = (Role.WORKSHOP, Role.LENDING, *MANAGERS)


class Action(StrEnum):
    """What can be done with several devices; those with a step of the lifecycle have its name."""

    PLACE = "place"
    QUARANTINE = "quarantine"
    CLEAR_QUARANTINE = "clear_quarantine"
    OPEN_REPAIR = "open_repair"
    RELEASE = "release"
    STAGE_RECYCLING = "stage_recycling"
    UNSTAGE_RECYCLING = "unstage_recycling"
    UNDO = "undo"
    """Take the last step back; offered after a run, not in a list."""

    @property
    def step(self) -> Step | None:
        """The step of the lifecycle table, where it is one."""
        return Step(self.value) if self in _STEPS else None


_STEPS: Final = frozenset(Action) - {Action.PLACE, Action.UNDO}
_PLACE: Final = Asking(N_("Put in a place"), N_("Where do they stand?"), lambda answers: [ev.Place(place=answers.text)])
_RELEASE: Final = Asking(N_("Release"), "", lambda _answers: [], text_required=False)
_UNDO: Final = Asking(N_("Undo"), N_("Why?"), lambda _answers: [])


class NothingChosen(Invalid):
    """No device was ticked."""

    msgid = N_("Tick at least one device first.")


class RunNotFound(NotFound):
    """No such run of this person."""

    msgid = N_("This action is not there any more. What it did stands in the history of each device.")


@dataclass(frozen=True)
class Line:
    """One device of a preview: where it would go (None: it stays in its state), or the table's answer that refuses it.

    `elsewhere`: it is refused because another organisation holds it, or it is on its way.
    """

    device: Device
    target: State | None = None
    refused: Answer | None = None
    elsewhere: bool = False


@dataclass(frozen=True)
class Result:
    """What became of one device. `version` is the one after it, 0 when nothing was done; `why` is in the person's language."""

    code: str
    version: int
    why: str = ""

    @property
    def done(self) -> bool:
        """Whether it was carried out."""
        return self.version > 0


def asking_of(action: Action) -> Asking:
    """What an action asks a person."""
    match action:
        case Action.PLACE:
            return _PLACE
        case Action.RELEASE:
            return _RELEASE
        case Action.UNDO:
            return _UNDO
        case _:
            return ASKED[Step(action.value)]


def offered(principal: Principal) -> Mapping[Action, Asking]:
    """The actions that a person may have use for; the table decides for each device."""
    if not principal.has(*WORKERS):
        return {}
    return {action: asking_of(action) for action in Action if action is not Action.UNDO}


def preview(session: Session, principal: Principal, action: Action, codes: Sequence[str]) -> Sequence[Line]:
    """What would happen to each device, answers aside. Raises RoleMissing, NothingChosen."""
    demand(principal, *WORKERS)
    chosen = sorted({code.upper() for code in codes})[:MOST]
    if not chosen:
        raise NothingChosen
    two_person = organisations.two_person_release(session, principal.organisation_id)
    return [_line(session, By(principal), action, device, two_person) for device in repository.devices(session, chosen)]


def _line(session: Session, by: By, action: Action, device: Device, two_person: bool) -> Line:
    step = action.step
    if device.incoming_id is not None or device.custodian_id != by.principal.organisation_id:
        return Line(device, refused=Answer(Verdict.NOT_LISTED), elsewhere=True)
    if step is None:
        return Line(device)
    if find(device.state, step) is None:  # most refusals, known without a look at the evidence
        return Line(device, refused=Answer(Verdict.NOT_LISTED))
    asking = asking_of(action)
    sample = asking.given(next(iter(asking.options or {"": ""})), "-")
    standing = standing_of(session, device, by, sample, two_person_release=two_person)
    answer = decide(Asked(device.state, step, by.principal.roles, standing))
    if answer.verdict is Verdict.ALLOWED and answer.row is not None:
        return Line(device, target=answer.row.target)
    return Line(device, refused=answer)


def begin(
    session: Session,
    principal: Principal,
    run_id: UUID,
    action: Action,
    devices: Sequence[tuple[str, int]],
    *,
    choice: str = "",
    words: str = "",
) -> BulkRun:
    """Keep what was confirmed; the same run again is the run that there is.

    Raises RoleMissing, NothingChosen, TextMissing, ChoiceMissing.
    """
    demand(principal, *WORKERS)
    audit.lock(session, principal.organisation_id)  # of two clicks on one button the second finds the run of the first
    known = repository.run(session, principal.organisation_id, principal.actor.id, run_id)
    if known is not None:
        return known
    asking_of(action).given(choice, words)
    if not devices:
        raise NothingChosen
    if principal.actor.id is None:
        raise RunNotFound
    now = utc_now()
    repository.forget_runs(session, principal.organisation_id, now - KEPT)
    run = BulkRun(
        id=run_id,
        organisation_id=principal.organisation_id,
        account_id=principal.actor.id,
        action=action.value,
        choice=choice,
        words=words,
        pending=[[code, version] for code, version in devices[:MOST]],
        created_at=now,
    )
    session.add(run)
    session.flush()
    return run


def go_on(session: Session, principal: Principal, run_id: UUID, tell: Callable[[FleetError], str]) -> BulkRun:
    """Carry out the next devices of a run, each in a savepoint of its own; `tell` words a refusal for the person.

    Raises RoleMissing, RunNotFound.
    """
    demand(principal, *WORKERS)
    audit.lock(session, principal.organisation_id)  # before the run's row: every use case takes the chain first
    run = get(session, principal, run_id, lock=True)
    asking = asking_of(Action(run.action))
    now, later = run.pending[:AT_ONCE], run.pending[AT_ONCE:]
    results = []
    for code, version in now:
        try:
            with session.begin_nested():
                device = _one(session, principal, run, asking, code, version)
                results.append(Result(code, device.version))
        except FleetError as error:
            results.append(Result(code, 0, tell(error)))
    run.pending = later
    run.results = [*run.results, *([result.code, result.version, result.why] for result in results)]
    if not later and run.finished_at is None:
        run.finished_at = utc_now()
    session.add(run)
    session.flush()
    return run


def _one(session: Session, principal: Principal, run: BulkRun, asking: Asking, code: str, version: int) -> Device:
    """Raises what the use case raises; DeviceStale when somebody was faster."""
    action = Action(run.action)
    if action.step is not None:
        given = asking.given(run.choice, run.words)
        return service.apply(session, By(principal), code, action.step, given, expected_version=version)
    if service.get(session, code).version != version:
        raise DeviceStale(code=show(code))
    if action is Action.UNDO:
        return correct(session, principal, code, run.words, expected_version=version)
    return service.add_evidence(session, By(principal), code, asking.given(run.choice, run.words))


def get(session: Session, principal: Principal, run_id: UUID, *, lock: bool = False) -> BulkRun:
    """One's own run. Raises RunNotFound."""
    run = repository.run(session, principal.organisation_id, principal.actor.id, run_id, lock=lock)
    if run is None:
        raise RunNotFound
    return run


def results(run: BulkRun) -> Sequence[Result]:
    """What became of each device so far."""
    return [Result(code, version, why) for code, version, why in run.results]


def undoable(run: BulkRun) -> Sequence[tuple[str, int]]:
    """What of a run can be taken back, as long as nothing came after it: steps, not places."""
    if run.pending or Action(run.action).step is None:
        return ()
    return [(result.code, result.version) for result in results(run) if result.done]
