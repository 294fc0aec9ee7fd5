"""What can be wrong with a destruction record."""

from fleet.errors import N_, Conflict, Forbidden, Invalid, NotFound


class RecordNotFound(NotFound):
    """No such record for this organisation."""

    msgid = N_("This destruction record does not exist, or it belongs to another organisation.")


class StorageMissing(Invalid):
    """Which storage was destroyed is not said."""

    msgid = N_("Choose which storage was destroyed. If none is listed, type the serial number on its sticker.")


class StorageUnknown(Invalid):
    """A storage was named that is not in this device."""

    msgid = N_("This storage is not recorded in {code}. Load the page again.")


class PhotoMissing(Invalid):
    """Without a picture nobody can check it later."""

    msgid = N_("Add a photo of the destroyed storage with its serial number or label in sight.")


class MomentWrong(Invalid):
    """The moment lies in the future or too far back."""

    msgid = N_("Fill in when it was destroyed: not in the future and at most {days} days ago.")


class NotNow(Conflict):
    """The device is with somebody, gone, or a bench works on it."""

    msgid = N_("{code} is in state {state}: its storage cannot be destroyed now.")


class RecordPending(Conflict):
    """A record of this storage waits for its witness."""

    msgid = N_("The destruction of this storage is recorded already and waits for a witness, or is confirmed.")


class RecordTaken(Conflict):
    """The id of the record is used by another one."""

    msgid = N_("This form was used before. Load the page again.")


class RecordAnswered(Conflict):
    """A witness has answered."""

    msgid = N_("A witness has answered this record already.")


class OwnWitness(Forbidden):
    """The operator cannot be the witness."""

    msgid = N_("You destroyed it yourself. Somebody else who saw it must confirm it.")


class NotSeen(Invalid):
    """The witness did not say what was seen."""

    msgid = N_("Tick that you saw it yourself, or decline.")


class WhyDeclined(Invalid):
    """A refusal needs its reason."""

    msgid = N_("Write in a few words why you decline.")
