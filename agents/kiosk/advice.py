"""What a person does about each trouble of a port: a pictogram, three words and a plain sentence instead of the error's text.

The board names the class of the error; a class that stands in no row here means: nothing was done, get help.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agents.bench.claims import SameDeviceTwice
from agents.bench.settling import CertificateNotKept
from agents.errors import AgentError
from agents.identify.drive import NoMedium, NotDistinguishable
from agents.identify.host import Undeterminable
from agents.identify.identify import NotWholeDisk
from agents.identify.virtual import NothingAttached
from agents.image.fit import ImageUnbootable, ImageUnfit
from agents.image.target import TargetSectorsDiffer, TargetTooSmall
from agents.journal.codes import OutOfCodes
from agents.journal.db import JournalBroken
from agents.journal.jobs import JobRunning
from agents.label.drawing import LabelImpossible, LabelNotStored
from agents.shell.blockdev import AccessDenied, DeviceBusy, DeviceGone, ReadOnlyDevice
from agents.shell.run import ProgramFailed, ProgramMissing, ProgramTimedOut
from agents.supervise.medium import MediumHeld
from agents.wipe.ata_lock import StillLocked
from agents.wipe.choice import MediumFrozen, MediumLocked, MethodNotPossible, PolicyNotReached, PolicyWantsDestroy
from agents.wipe.guard import NotAllowlisted, SystemDisk


@dataclass(frozen=True)
class Advice:
    """The trouble's pictogram and words, its sentence, and what to do: pictograms with words, most often one or two.

    `call` tells whether the person should get help.
    """

    picture: str
    headline: str
    sentence: str
    steps: tuple[tuple[str, str], ...]
    call: bool = True


_UNPLUG: Final = ("unplug", "unplug")
_RED: Final = ("red-shelf", "red-shelf")
_AGAIN: Final = ("plug-again", "plug-again")
_CALL: Final = ("get-help", "call-help")
_BENCH: Final = Advice("bench-trouble", "bench-trouble", "why-bench", (_CALL,))
_NOT_HERE: Final = Advice("not-here", "not-here", "why-not-here", (_UNPLUG, _RED))
_BUSY: Final = Advice("wait", "in-use", "why-busy", (("wait", "one-moment"), _CALL))
_NO_NUMBER: Final = Advice("no-number", "no-number", "why-no-number", (_UNPLUG, _RED))
_NO_DISK: Final = Advice("no-disk", "no-disk", "why-no-disk", (_AGAIN, _CALL))
_LOCKED: Final = Advice("locked", "locked", "why-locked", (_UNPLUG, _RED))
_UNFIT: Final = Advice("installing", "not-installed", "why-image-unfit", (_UNPLUG, _CALL))
_WRONG: Final = Advice("wrong-disk", "wrong-disk", "why-wrong-disk", (_CALL,))
_NO_LABEL: Final = Advice("no-labels", "bench-trouble", "why-no-label", (_CALL,))

REFUSED: Final = Advice("hand", "call-help", "why-refused", (_CALL,))
"""For a trouble that no row names."""
NOT_INSTALLED: Final = Advice("cross", "not-installed", "why-not-installed", (_UNPLUG, _RED))
"""The wipe is proven, the image is not there."""
FAILED: Final = Advice("cross", "not-wiped", "why-failed", (_UNPLUG, _RED), call=False)
TORN_OUT: Final = Advice("cross", "not-wiped", "why-gone", (_AGAIN,), call=False)
"""A wipe whose device was taken out: plugged in again it is wiped anew, from its first byte."""
UNKNOWN: Final = Advice("cross", "not-sure", "why-unknown", (_UNPLUG, _RED), call=False)

_BY_CLASS: Final[Mapping[type[AgentError], Advice]] = {
    AccessDenied: _BENCH,
    CertificateNotKept: _BENCH,
    DeviceBusy: Advice("in-use", "in-use", "why-in-use", (_AGAIN, _CALL)),
    DeviceGone: Advice("plug-again", "stopped-early", "why-gone", (_AGAIN,), call=False),
    ImageUnbootable: _UNFIT,
    ImageUnfit: _UNFIT,
    JobRunning: _BUSY,
    JournalBroken: _BENCH,
    LabelImpossible: _NO_LABEL,
    LabelNotStored: _NO_LABEL,
    MediumFrozen: Advice("plug-again", "plug-again", "why-frozen", (_AGAIN,), call=False),
    MediumHeld: _BUSY,
    MediumLocked: _LOCKED,
    MethodNotPossible: _NOT_HERE,
    NoMedium: _NO_DISK,
    NotAllowlisted: _WRONG,
    NotDistinguishable: _NO_NUMBER,
    NotWholeDisk: _WRONG,
    NothingAttached: _NO_DISK,
    OutOfCodes: Advice("no-labels", "no-labels", "why-no-labels", (_CALL,)),
    PolicyNotReached: _NOT_HERE,
    PolicyWantsDestroy: Advice("destroy", "destroy", "why-destroy", (_UNPLUG, _RED)),
    ProgramFailed: _BENCH,
    ProgramMissing: _BENCH,
    ProgramTimedOut: _BENCH,
    ReadOnlyDevice: Advice("hand", "locked", "why-read-only", (_AGAIN, _CALL)),
    SameDeviceTwice: Advice("twice", "twice", "why-twice", (_UNPLUG,), call=False),
    StillLocked: _LOCKED,
    SystemDisk: _WRONG,
    TargetSectorsDiffer: _UNFIT,
    TargetTooSmall: _UNFIT,
    Undeterminable: _WRONG,
}
BY_NAME: Final[Mapping[str, Advice]] = {error.__name__: advice for error, advice in _BY_CLASS.items()}
"""By the name that a snapshot holds: the board stands in the journal too, which keeps no classes."""
