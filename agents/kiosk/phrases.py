"""Every text of the kiosk under an id of its own: a site may give each one in a language that we do not speak.

English here; gettext knows Dutch and French. Headlines are about three words: the pictogram beside them says the same.
"""

from typing import Final


def N_(text: str) -> str:  # noqa: N802 - the name gettext tools look for
    """Mark a text for translation."""
    return text


HEADLINES: Final[dict[str, str]] = {
    "plug-in": N_("Plug in device"),
    "one-moment": N_("One moment"),
    "take-label": N_("Take this label"),
    "stick-label": N_("Stick it on"),
    "scan-label": N_("Scan the label"),
    "wiping": N_("Wiping"),
    "checking": N_("Checking"),
    "installing": N_("Installing"),
    "leave-in": N_("Leave it plugged in"),
    "all-wiped": N_("Everything is wiped"),
    "all-wiped-installed": N_("Wiped and installed"),
    "not-wiped": N_("Not wiped!"),
    "not-sure": N_("Not sure: set apart"),
    "not-installed": N_("Wiped, not installed"),
    "unplug": N_("Unplug it"),
    "green-shelf": N_("Green shelf, left"),
    "red-shelf": N_("Red shelf, right"),
    "to-recycling": N_("To recycling"),
    "call-help": N_("Get help"),
    "plug-again": N_("Plug in again"),
    "wrong-disk": N_("Do not wipe"),
    "in-use": N_("Still in use"),
    "locked": N_("Locked with password"),
    "no-number": N_("No number found"),
    "no-disk": N_("No disk found"),
    "destroy": N_("Must be destroyed"),
    "not-here": N_("Not possible here"),
    "twice": N_("Same device twice"),
    "no-labels": N_("No labels left"),
    "bench-trouble": N_("The bench needs help"),
    "stopped-early": N_("Taken out early"),
}
"""What a tile says in large letters, and the words under a pictogram."""

SENTENCES: Final[dict[str, str]] = {
    "why-frozen": N_("Unplug it, count to five, and plug it in again."),
    "why-wrong-disk": N_("This disk belongs to the bench itself, or may not be wiped here."),
    "why-in-use": N_("This computer is using this device. Take it out and plug it in again."),
    "why-locked": N_("It has a password. Put it on the red shelf."),
    "why-no-number": N_("It does not tell its serial number, so it cannot be wiped here."),
    "why-no-disk": N_("There is no disk in it, or the bench cannot see it. Plug it in again."),
    "why-destroy": N_("Wiping is not enough for this one. It must be destroyed."),
    "why-not-here": N_("This bench cannot wipe it well enough. Put it on the red shelf."),
    "why-twice": N_("The same device is at two places. Take one of the two out."),
    "why-no-labels": N_("This bench has no label numbers left."),
    "why-no-label": N_("The label cannot be made."),
    "why-busy": N_("The bench is not done with this device yet. Wait a little."),
    "why-bench": N_("Something is wrong with the bench. Your device is not harmed."),
    "why-gone": N_("The device was taken out too early. Plug it in again."),
    "why-read-only": N_("It is protected against writing. Put its switch over, and plug it in again."),
    "why-refused": N_("Nothing was done to this device. Ask for help."),
    "why-failed": N_("There may still be data on it. Put it on the red shelf."),
    "why-unknown": N_("Nobody knows whether it is empty. Put it on the red shelf."),
    "why-not-installed": N_("It is empty, but the system could not be put on it."),
    "why-image-unfit": N_("It is empty, but the system does not fit on it."),
    "why-scrap": N_("It is not wiped. Put it with the recycling."),
    "call": N_("Call: {contact}"),
    "call-lead": N_("Call your workshop lead."),
}
"""What to do, in one or two plain sentences."""

PROGRESS: Final[dict[str, str]] = {
    "minutes-left": N_("{count} minutes left"),
    "minute-left": N_("1 minute left"),
    "hours-left": N_("{count} hours left"),
    "almost": N_("Almost done"),
    "some-time": N_("This takes some time"),
}

ANSWERS: Final[dict[str, str]] = {
    "scan-good": N_("Right label"),
    "scan-wrong": N_("This label belongs elsewhere. Look for the label on the screen."),
    "scan-busy": N_("This device was scanned already."),
    "scan-misread": N_("Not read well. Scan again."),
    "scan-no-label": N_("This is not a label. Scan the label with the square."),
    "scan-foreign": N_("This label is from somewhere else. Use the label of this bench."),
    "scan-not-you": N_("You are not known at this bench."),
    "scan-late": N_("The bench did not answer. Scan again."),
    "scan-nothing": N_("Nothing here waits for a label."),
    "scan-unknown-code": N_("This code is not known here."),
    "scan-which": N_("More than one device waits for this label. Scan its place first."),
    "badge-in": N_("Hello {name}"),
    "badge-out": N_("Goodbye"),
    "printing": N_("The label is printed"),
    "no-print": N_("Nothing here has a label to print."),
}

CONTROLS: Final[dict[str, str]] = {
    "title": N_("Bench"),
    "place": N_("Place"),
    "help": N_("Help"),
    "settings": N_("Language and size"),
    "language": N_("Language"),
    "text-size": N_("Size of the letters"),
    "bigger": N_("Bigger"),
    "smaller": N_("Smaller"),
    "speech": N_("Speech"),
    "read-aloud": N_("Read aloud"),
    "speak-always": N_("Always read aloud"),
    "speak-stop": N_("Do not read aloud"),
    "sound-test": N_("Try the sound"),
    "print-label": N_("Print the label"),
    "next": N_("Next device"),
    "back": N_("Back"),
    "ok": N_("OK"),
    "look": N_("Look at the device"),
    "visual-good": N_("Looks good"),
    "visual-damaged": N_("Damaged"),
    "visual-scrap": N_("Scrap"),
    "for-the-lead": N_("For the lead"),
    "technical": N_("What the bench says"),
    "who": N_("Who works here"),
    "sign-off": N_("Stop working here"),
    "scan-badge": N_("Scan your badge"),
    "sheet": N_("Sheet with codes"),
    "print": N_("Print"),
    "sheet-how": N_("Scan a code to do what its picture shows."),
    "type-code": N_("Type the code of the label"),
    "send": N_("Send"),
    "steps": N_("How it works"),
    "model": N_("Model"),
    "serial": N_("Serial number"),
}

STATUS: Final[dict[str, str]] = {
    "all-sent": N_("All sent"),
    "to-send": N_("{count} to send"),
    "heard-at": N_("Service: {time}"),
    "heard-never": N_("Service: not heard yet"),
    "offline": N_("No connection. You can go on working."),
    "attention": N_("This bench needs help"),
    "lost": N_("The bench does not answer. Wait a moment."),
}

PHRASES: Final[dict[str, str]] = HEADLINES | SENTENCES | PROGRESS | ANSWERS | CONTROLS | STATUS
"""Every id and its English text."""
