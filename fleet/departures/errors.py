"""What can be wrong when an organisation leaves."""

from fleet.errors import N_, Conflict, Invalid, NotFound


class NotLeaving(Conflict):
    """Leaving has not begun."""

    msgid = N_("Begin to leave first.")


class NotClear(Conflict):
    """Something stands in the way."""

    msgid = N_("Something still stands in the way. Settle what the page lists, then try again.")


class NameDiffers(Invalid):
    """The name is typed so that nobody leaves by accident."""

    msgid = N_("Type the name of your organisation exactly as it is shown: {name}")


class NothingToHandOver(Conflict):
    """No device fits."""

    msgid = N_("There is no device to put on this transfer.")


class WhoMissing(Invalid):
    """An end needs to say to whom."""

    msgid = N_("Fill in who takes the devices.")


class DepartureNotFound(NotFound):
    """The link leads nowhere, or it is too old."""

    msgid = N_("This link does not work any more. Ask whoever runs the service for the export.")
