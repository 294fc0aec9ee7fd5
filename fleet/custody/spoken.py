"""What states of a transfer are called."""

from typing import Final

from fleet.errors import N_
from fleet.ui.words import Tone, Word

STATUSES: Final = {
    "draft": Word(N_("Being packed"), "clipboard"),
    "sent": Word(N_("On its way"), "hand-over", Tone.BUSY),
    "closed": Word(N_("Finished"), "check", Tone.END),
    "cancelled": Word(N_("Cancelled"), "return", Tone.END),
}
LINES: Final = {
    "packed": Word(N_("Packed"), "clipboard"),
    "under_way": Word(N_("On its way"), "hand-over", Tone.BUSY),
    "received": Word(N_("Arrived"), "check-ring", Tone.GOOD),
    "missing": Word(N_("Missing"), "lost", Tone.BAD),
    "recalled": Word(N_("Stayed with the sender"), "return", Tone.END),
    "lost": Word(N_("Recorded as lost"), "octagon", Tone.BAD),
    "surplus": Word(N_("Came without being announced"), "alert", Tone.WARN),
}
ANSWERS: Final = {
    "offered": Word(N_("Ownership offered, not answered yet"), "gift", Tone.WARN),
    "accepted": Word(N_("The receiver becomes the owner"), "gift", Tone.GOOD),
    "declined": Word(N_("The receiver does not become the owner"), "return", Tone.END),
}
OWNERSHIP: Final = {"kept": Word(N_("Does not change"), "building")} | ANSWERS
WHY_NOT: Final = {
    "not_held": N_("You do not hold this device. Leave it here."),
    "ended": N_("This device has reached its end. It cannot be handed over."),
    "under_way": N_("This device is on its way with another transfer."),
    "not_owned": N_("This device is not your own, so you cannot give it away. Send it without ownership."),
    "there_already": N_("This device is on another list. Take it off there first."),
    "lost": N_("This device is recorded as lost. Record it as found first."),
    "full": N_("This list is full. Send it, and begin another one."),
}
ARRIVALS: Final = {
    "received": N_("Arrived. You hold it now."),
    "again": N_("It was scanned in before."),
    "surplus": N_("Not announced on this transfer. It is noted; ask the sender for a transfer of its own."),
    "called_back": N_("The sender has taken this device off the transfer. Send it back, or ask for a new transfer."),
}
