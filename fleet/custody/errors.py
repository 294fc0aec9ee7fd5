"""What can be wrong with a transfer."""

from fleet.errors import N_, Conflict, Forbidden, Invalid, NotFound


class TransferNotFound(NotFound):
    """No such transfer for this organisation."""

    msgid = N_("This transfer does not exist, or it is between other organisations.")


class DestinationUnknown(Invalid):
    """Where to is not known."""

    msgid = N_("Choose the organisation that the devices go to. Look it up by its name.")


class DestinationSame(Invalid):
    """From a site to the same site, or without a site inside one organisation."""

    msgid = N_("Inside your own organisation, choose two different sites.")


class DestinationLeft(Conflict):
    """The other organisation is no longer in the service."""

    msgid = N_("{name} has left the service. Nothing can be handed over to it.")


class TransferNotDraft(Conflict):
    """It has gone already."""

    msgid = N_("Transfer {reference} is not being packed any more.")


class TransferNotSent(Conflict):
    """It is not on its way."""

    msgid = N_("Transfer {reference} is not on its way.")


class TransferEmpty(Conflict):
    """Nothing is on it."""

    msgid = N_("Nothing is on this transfer yet. Scan the devices first.")


class LineNotFound(NotFound):
    """The device is not on the transfer."""

    msgid = N_("{code} is not on this transfer.")


class LineSettled(Conflict):
    """It came in, or was settled otherwise."""

    msgid = N_("{code} is settled on this transfer already.")


class DeviceNotMovable(Conflict):
    """A device that was packed may not leave any more."""

    msgid = N_("{code} cannot go along any more: {why} Take it off the list.")


class DestinationClosed(Conflict):
    """The other side has closed the site since the list was begun."""

    msgid = N_("The site to which this goes was closed. Cancel this transfer, and make a new one to another site.")


class OtherSide(Forbidden):
    """The other organisation of the transfer must do this."""

    msgid = N_("The other organisation of this transfer must do this.")


class OwnershipUnanswered(Conflict):
    """The sender offers the devices as property, and nobody has answered."""

    msgid = N_("The sender gives you these devices as your own. Accept or decline that first.")


class OwnershipAnswered(Conflict):
    """There is no offer to answer."""

    msgid = N_("There is no ownership to accept or decline any more.")


class LostTooSoon(Conflict):
    """A missing device is looked for first."""

    msgid = N_("Look for {code} first. After {days} days you can record it as lost.")


class ScanUnread(Invalid):
    """The scan is no label of ours."""

    msgid = N_("{scanned} is not a label of ours. Scan the label with the asset code.")
