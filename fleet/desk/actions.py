"""What this person may do now with a device that was scanned: the most likely thing first, the rest behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from fleet.auth.rules import Principal, Role
from fleet.custody import repository as custody
from fleet.custody.rules import MOVERS, TransferStatus
from fleet.desk.advice import storage_doors
from fleet.desk.steps import ASKED
from fleet.devices import repository, service
from fleet.devices.models import Device
from fleet.devices.rules import Answer, Transition, is_end
from fleet.devices.states import State, Step
from fleet.errors import N_
from fleet.ui import words_steps


@dataclass(frozen=True)
class Action:
    """Something to do: a page to go to, or (`posts`) a form to send. `text` is English, to be translated."""

    text: str
    path: str
    icon: str
    serious: bool = False
    posts: bool = False


@dataclass(frozen=True)
class Choice:
    """The one big button, and the others."""

    primary: Action
    others: Sequence[Action]


OWN_PAGES: Final[Mapping[Step, tuple[str, str, str]]] = {
    Step.INSPECT: (N_("Inspect"), "inspect", "eye"),
    Step.START_TEST: (N_("Test"), "test", "pulse"),
    Step.PASS_TEST: (N_("Test"), "test", "pulse"),
    Step.RELEASE: (N_("Release"), "release", "check-ring"),
}
"""Steps with a page of their own: text, last part of the address, icon."""
LIKELY: Final[Mapping[State, Step]] = {
    State.IN_REPAIR: Step.CLOSE_REPAIR,
    State.AWAITING_PARTS: Step.PARTS_ARRIVED,
    State.QUARANTINED: Step.CLEAR_QUARANTINE,
    State.WIPE_FAILED: Step.OPEN_REPAIR,
    State.LOST: Step.FIND,
}
"""Why somebody stands there with such a device in their hand, where no page of its own waits."""


def choice(session: Session, principal: Principal, device: Device) -> Choice:
    """Every action that the caller's roles allow from here; the device's own page is always one of them."""
    page = f"/devices/{device.asset_code}"
    known = Action(N_("Everything about this device"), page, "file")
    moves = _moves(session, principal, device)
    here = device.custodian_id == principal.organisation_id and device.incoming_id is None
    options = service.steps_for(session, principal, device) if here else []
    ordered = [(row, action) for row, answer in _ordered(device.state, options) if (action := _of_step(page, row, answer))]
    steps = [action for _, action in ordered]
    likely = [action for row, action in ordered if row.step in OWN_PAGES or row.step is LIKELY.get(device.state)]
    rest = [] if is_end(device.state) or not here else _more(session, principal, device)
    found = list(dict.fromkeys([*moves, *steps, *rest]))
    if first := next(iter([*moves, *likely]), None):
        return Choice(first, _serious_last([action for action in [*found, known] if action != first]))
    return Choice(known, _serious_last(found))


def _moves(session: Session, principal: Principal, device: Device) -> Sequence[Action]:
    """A transfer that the device is on comes before everything else: whoever scans it is packing or unpacking."""
    line = custody.open_line(session, device.id) if principal.has(*MOVERS) else None
    transfer = custody.get(session, principal.organisation_id, line.transfer_id) if line else None
    if transfer is None:
        return []
    arrives = transfer.receiver_id == principal.organisation_id and transfer.status is not TransferStatus.DRAFT
    text = N_("Scan it in") if arrives else N_("To its transfer")
    return [Action(text, f"/transfers/{transfer.id}", "hand-over")]


def _serious_last(actions: Sequence[Action]) -> Sequence[Action]:
    return sorted(actions, key=lambda action: action.serious)


def _ordered(state: State, options: Sequence[tuple[Transition, Answer]]) -> Sequence[tuple[Transition, Answer]]:
    """Pages of their own first, in the order of the work; then what is likely in this state; a serious one is never first."""
    own = list(OWN_PAGES)

    def rank(option: tuple[Transition, Answer]) -> tuple[int, int]:
        step = option[0].step
        if step in OWN_PAGES:
            return 0, own.index(step)
        if step is LIKELY.get(state):
            return 1, 0
        return (3 if step in ASKED and ASKED[step].serious else 2), 0

    return sorted(options, key=rank)


def _of_step(page: str, row: Transition, answer: Answer) -> Action | None:
    """None for steps that a bench takes, and for a note of what is not proven yet."""
    if row.step in OWN_PAGES:
        text, name, icon = OWN_PAGES[row.step]
        return Action(text, f"{page}/{name}", icon)
    if row.step not in ASKED or (row.step is Step.ACCEPT_PROOF and answer.missing):
        return None
    asking = ASKED[row.step]
    return Action(asking.title, f"{page}/steps/{row.step}", words_steps.STEPS[row.step].icon, asking.serious)


def _more(session: Session, principal: Principal, device: Device) -> Sequence[Action]:
    """What is possible with a device in any state."""
    page = f"/devices/{device.asset_code}"
    actions = [Action(N_("Condition"), f"{page}/condition", "clipboard")]
    if principal.has(Role.WORKSHOP):
        actions.append(Action(N_("Print the label"), f"{page}/label", "printer", posts=True))
        doors = storage_doors(device, repository.fitted(session, device.id))
        actions += [Action(door.text, door.path, door.icon, door.serious) for door in doors]
    if principal.has(*MOVERS):
        actions.append(Action(N_("Move to another organisation"), "/transfers/new", "hand-over"))
    if principal.has(Role.WORKSHOP, Role.LENDING):
        actions.append(Action(N_("Numbers of this device"), f"{page}/numbers", "tag"))
    return actions
