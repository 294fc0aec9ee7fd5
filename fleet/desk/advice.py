"""What to do next with a device, in one sentence, by its state; and what can be done with its storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fleet.contract.kinds import DeviceKind
from fleet.destruction.rules import may_destroy
from fleet.devices.kinds import KINDS
from fleet.devices.models import Component, Device
from fleet.devices.states import State
from fleet.drives.rules import LOOSE_AND_WIPED, OPEN, takes_drive
from fleet.errors import N_

NEXT: Final[Mapping[State, str]] = {
    State.RECEIVED: N_("Print the label, stick it on, and inspect the device."),
    State.INSPECTED: N_("Bring it to a bench to be wiped."),
    State.WIPING: N_("It is being wiped at a bench. Leave it connected."),
    State.WIPED: N_("Install it at a bench, or test it when its kind needs no image."),
    State.WIPE_FAILED: N_("Wipe it again, or send it to repair to have the storage taken out."),
    State.IN_REPAIR: N_("When the repair is done, say how it ended."),
    State.AWAITING_PARTS: N_("When the parts are here, take it back to repair."),
    State.IMAGING: N_("It is being installed at a bench. Leave it connected."),
    State.TESTING: N_("Test whether it works and is safe."),
    State.TESTED: N_("Release it. Another person may have to do that."),
    State.READY: N_("It can be lent or given away."),
    State.RETURNED: N_("Inspect it, then wipe it before anybody else gets it."),
    State.QUARANTINED: N_("Do not work on it until the reason is taken away."),
    State.RECYCLE_STAGED: N_("It waits for the recycler."),
    State.LOST: N_("Tell it here when it is found again."),
}
"""States without an entry need nothing."""


@dataclass(frozen=True)
class Door:
    """A page that a person may go to from here."""

    text: str
    path: str
    icon: str
    serious: bool = False


def storage_doors(device: Device, parts: Sequence[Component]) -> Sequence[Door]:
    """What somebody of the workshop may do with the storage of a device; whether it holds is for the page itself to say."""
    code, here = device.asset_code, [part for part in parts if part.removed_version is None]
    doors = []
    if device.kind is DeviceKind.DRIVE and device.state in LOOSE_AND_WIPED and here:
        doors.append(Door(N_("Fit this drive"), f"/drives/fit?drive={code}", "install"))
    if takes_drive(device.kind) and device.state in OPEN:
        doors.append(Door(N_("Fit a drive"), f"/drives/fit?device={code}", "install"))
        if here:
            doors.append(Door(N_("Take a drive out"), f"/devices/{code}/take-out", "leave"))
    if KINDS[device.kind].storage and may_destroy(device.kind, device.state):
        doors.append(Door(N_("Storage cannot be wiped"), f"/devices/{code}/destroy", "octagon", serious=True))
    return doors
