"""What can be wrong with a donation or a batch."""

from fleet.errors import N_, Conflict, Invalid, NotFound


class DonorNotFound(NotFound):
    """No such donor in this organisation."""

    msgid = N_("This donor does not exist, or belongs to another organisation.")


class DonorNameMissing(Invalid):
    """A donor without a name cannot be thanked."""

    msgid = N_("Give the name of the donor.")


class DonationNotFound(NotFound):
    """No such donation in this organisation."""

    msgid = N_("This donation does not exist, or belongs to another organisation.")


class DonationEnded(Conflict):
    """Closed or cancelled."""

    msgid = N_("Donation {reference} is closed or cancelled. Register a new donation for what comes now.")


class DonationStarted(Conflict):
    """Something came in already."""

    msgid = N_("Devices of donation {reference} have arrived. Close it instead.")


class BatchesOpen(Conflict):
    """Something is still being taken in."""

    msgid = N_("These batches are still open: {batches}. Close them first.")


class BatchNotFound(NotFound):
    """No such batch in this organisation."""

    msgid = N_("This batch does not exist, or belongs to another organisation.")


class BatchClosed(Conflict):
    """Everything of it is registered."""

    msgid = N_("Batch {reference} is closed. Open a new batch for what comes now.")


class SerialTwice(Invalid):
    """A serial number is one device."""

    msgid = N_("These serial numbers stand in the list twice: {serials}. Each device once.")


class CountDiffers(Invalid):
    """Two figures for one thing."""

    msgid = N_("The list has {serials} serial numbers, the count says {count}. Leave the count empty, or correct the list.")
