"""What to do next with a device, in one sentence, by its state."""

from collections.abc import Mapping
from typing import Final

from fleet.devices.states import State
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
