"""What can be wrong when somebody does something to a device."""

from fleet.errors import N_, Conflict, Forbidden, Invalid, NotFound, Stale


class DeviceNotFound(NotFound):
    """No such device for this organisation."""

    msgid = N_("There is no device {code} here. Check the code on the label, or ask who else may have it.")


class StepNotListed(Conflict):
    """The lifecycle table does not list this step from this state."""

    msgid = N_("{code} is in state {state}: the step {step} is not possible from there. Possible now: {possible}.")


class StepIncomplete(Conflict):
    """The table lists the step, but something that it asks for is missing."""

    msgid = N_("{code} cannot take the step {step} yet. Missing: {missing}.")


class StepForbidden(Forbidden):
    """The table lists the step, but for other roles."""

    msgid = N_("The step {step} asks for one of these roles: {roles}. Ask your admin.")


class ProofNotYours(Forbidden):
    """Somebody gave by hand what only a bench's certificate can prove."""

    msgid = N_("Only an adequate certificate of a bench proves that storage is wiped. Wipe the device at a bench.")


class OwnDoor(Forbidden):
    """Somebody handed in by itself what a use case of its own must prove."""

    msgid = N_("This is recorded on a page of its own: a destruction with its witness, a drive with two scans.")


class DeviceStale(Stale):
    """Someone else changed the device first."""

    msgid = N_("Someone else changed {code} in the meantime. Look at what changed. If your answer is still right, send it again.")


class DeviceUnderWay(Conflict):
    """It is between two holders."""

    msgid = N_("{code} is under way to another holder. Scan it in with its transfer first.")


class DeviceElsewhere(Conflict):
    """Its owner sees it, and does not hold it."""

    msgid = N_("{code} is held by another organisation. Who holds it works on it, until a transfer brings it back.")


class LabelDiffers(Invalid):
    """The label that was scanned belongs to another device."""

    msgid = N_("You scanned {scanned}, but this device is {code}. Put the right label on it and scan again.")


class LabelMisread(Invalid):
    """The scan is no label of ours."""

    msgid = N_("{scanned} is not a label of ours, or a character was misread. Scan the label on the device again.")


class StorageKnown(Conflict):
    """This storage is recorded in another device."""

    msgid = N_(
        "The storage with serial {serial} is recorded in device {other}. Scan that device, or have the lead merge the two."
    )


class SerialKnown(Conflict):
    """A device of this model and serial exists already."""

    msgid = N_("A {model} with serial {serial} is here already as {other}. Scan its label instead of receiving it again.")


class CorrectionRefused(Conflict):
    """The last step cannot be taken back."""

    msgid = N_("The last step of {code} cannot be taken back: {why}.")


class PersonMissing(Forbidden):
    """A person must stand behind this, not a machine."""

    msgid = N_("A person must do this. Sign in with your own account.")
