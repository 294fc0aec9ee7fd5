"""What can be wrong when a drive goes into a device or comes out of one."""

from fleet.errors import N_, Conflict, Invalid


class ScanMissing(Invalid):
    """Both labels must be scanned."""

    msgid = N_("Scan the label with the asset code.")


class NotADrive(Invalid):
    """The first scan is no drive."""

    msgid = N_("{code} is not a loose drive. Scan the drive's label first, then the device's.")


class TakesNoDrive(Invalid):
    """The second scan can hold no drive."""

    msgid = N_("No drive goes into {code}. Scan the label of the laptop or computer that the drive is in.")


class NotHere(Conflict):
    """One of the two is held by another organisation."""

    msgid = N_("{code} is with another organisation. Have it transferred first.")


class DriveUnread(Conflict):
    """Nobody knows which storage the drive is."""

    msgid = N_("No bench has read the drive {code} yet. Connect it to a bench first.")


class DeviceClosed(Conflict):
    """Nobody opens a device in this state."""

    msgid = N_("{code} is in state {state}: nobody may open it now. Send it to repair first.")


class DriveElsewhere(Conflict):
    """The drive is recorded in another device."""

    msgid = N_("The drive {code} is recorded in {other}. Take it out there first.")


class StorageNotFitted(Conflict):
    """The storage is not in the device any more."""

    msgid = N_("This storage is not recorded in {code} any more. Load its page again.")


class StorageGone(Conflict):
    """The storage was destroyed."""

    msgid = N_("This storage of {code} was destroyed. There is nothing to take out.")


class NothingChosen(Invalid):
    """No drive was ticked."""

    msgid = N_("Choose at least one drive.")
