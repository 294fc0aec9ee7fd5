"""Words for what people look at on a device, what they answer, and what lowers a grade. Keys are enum values, as in `words`."""

from typing import Final

from fleet.ui.words import N_, Tone, Word

ITEMS: Final[dict[str, str]] = {
    "keyboard": N_("Does every key work?"),
    "touchpad": N_("Does it point and click?"),
    "screen": N_("No cracks, no spots, bright enough?"),
    "speakers": N_("Is there clear sound?"),
    "microphone": N_("Does it record?"),
    "camera": N_("Is there a picture?"),
    "hinges": N_("Firm and whole?"),
    "ports": N_("Do plugs hold and work?"),
    "wifi": N_("Does it find networks?"),
    "charger": N_("Is it there, and does it charge?"),
    "electrical_safety": N_("No bare wires, no swollen battery, case closed?"),
}
ITEM_NAMES: Final[dict[str, str]] = {
    "keyboard": N_("Keyboard"),
    "touchpad": N_("Touchpad"),
    "screen": N_("Screen"),
    "speakers": N_("Speakers"),
    "microphone": N_("Microphone"),
    "camera": N_("Camera"),
    "hinges": N_("Hinges and case"),
    "ports": N_("Ports"),
    "wifi": N_("Wi-Fi"),
    "charger": N_("Charger"),
    "electrical_safety": N_("Electrical safety"),
}
ANSWERS: Final[dict[str, Word]] = {
    "good": Word(N_("Good"), "check", Tone.GOOD),
    "worn": Word(N_("Worn"), "alert", Tone.WARN),
    "broken": Word(N_("Broken"), "cross", Tone.BAD),
    "absent": Word(N_("Not there"), "lost", Tone.TODO),
}
FINDINGS: Final[dict[str, str]] = {
    "looks_damaged": N_("It looks damaged"),
    "looks_scrap": N_("It looks like scrap"),
    "battery_worn": N_("The battery is worn"),
    "battery_weak": N_("The battery is weak"),
    "battery_bad": N_("The battery must be replaced"),
    "drive_failed": N_("The drive says that it fails: replace it"),
    "drive_unreadable_sectors": N_("The drive has sectors that cannot be read: replace it"),
    "drive_reallocated_sectors": N_("The drive has replaced bad sectors"),
    "drive_many_hours": N_("The drive has run for many hours"),
    "drive_endurance_low": N_("Much of the drive's rated life is used"),
    "drive_endurance_over": N_("The drive is past its rated life: replace it"),
    "memory_small": N_("Less than 8 GB of memory"),
    "memory_too_small": N_("Less than 4 GB of memory: add some"),
    "item_worn": N_("Worn"),
    "item_broken": N_("Broken"),
    "item_missing": N_("Missing"),
}
LACKING: Final[dict[str, str]] = {
    "not_erased": N_("It is not proven that everything is wiped."),
    "set_apart": N_("It is set apart: that must be cleared first."),
    "not_inspected": N_("Nobody has inspected it yet."),
    "not_measured": N_("No bench or live stick has read its hardware yet."),
    "not_checked": N_("The check-list is not complete."),
    "electrically_unsafe": N_("It is not electrically safe: it may not be used."),
}
HEALTH: Final[dict[str, Word]] = {
    "passed": Word(N_("Healthy"), "check", Tone.GOOD),
    "failing": Word(N_("Failing"), "octagon", Tone.BAD),
    "unknown": Word(N_("Health not known"), "lost", Tone.TODO),
}
"""What a drive says of itself."""
GRADES: Final[dict[str, Word]] = {
    "A": Word(N_("Like new"), "check-ring", Tone.GOOD),
    "B": Word(N_("Used, works well"), "check-ring", Tone.GOOD),
    "C": Word(N_("Worn or limited"), "alert", Tone.WARN),
    "D": Word(N_("Only after repair"), "wrench", Tone.BAD),
}
