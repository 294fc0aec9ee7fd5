"""What the tray's groups and healths are called."""

from collections.abc import Mapping
from typing import Final

from fleet.drives.rules import TrayGroup
from fleet.drives.tray import Health
from fleet.errors import N_
from fleet.ui.words import Tone, Word

GROUPS: Final[Mapping[TrayGroup, Word]] = {
    TrayGroup.TO_WIPE: Word(N_("To be wiped"), "received"),
    TrayGroup.BUSY: Word(N_("At a bench"), "eraser", Tone.BUSY),
    TrayGroup.USABLE: Word(N_("Wiped, can be used"), "shield", Tone.GOOD),
    TrayGroup.TROUBLE: Word(N_("Needs attention"), "alert", Tone.WARN),
    TrayGroup.LEAVING: Word(N_("On the way out"), "recycle"),
}
HEALTH: Final[Mapping[Health, Word]] = {
    Health.UNKNOWN: Word(N_("Not measured"), "lost"),
    Health.GOOD: Word(N_("Healthy"), "check", Tone.GOOD),
    Health.FAILING: Word(N_("Failing"), "octagon", Tone.BAD),
}
DESTROYED: Final = Word(N_("Destroyed"), "octagon", Tone.END)
NOT_PROVEN: Final = Word(N_("Not proven"), "alert", Tone.WARN)
