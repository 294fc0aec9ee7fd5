"""A drive that an interrupted security erase left locked: opened again with the password that the journal kept."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from agents.bench.direct import WrongConfirmation, identified
from agents.config import BenchConfig
from agents.errors import Failed, Refused
from agents.identify.ata import AtaSecurity
from agents.journal import passwords
from agents.journal.db import Journal
from agents.journal.passwords import KeptPassword
from agents.shell.blockdev import BlockDevice
from agents.shell.clock import now
from agents.wipe import ata_lock
from agents.wipe.ata_lock import StillLocked
from agents.wipe.guard import clear
from fleet.contract.kinds import Presence


class NoPasswordKept(Refused):
    """This bench set no password on this drive, so it knows none. Ask the bench that wiped it, or the donor; else destroy it."""


class SecurityFrozen(Refused):
    """The computer froze this drive's security at its start. Take the drive's power away and put it back, then try again."""


class DriveSilent(Failed):
    """The drive does not say whether it has a password. Connect it straight to a SATA port of this computer and try again."""


class Opened(StrEnum):
    """What it took."""

    WAS_OPEN = "was_open"
    UNLOCKED = "unlocked"


@dataclass(frozen=True)
class Unlocked:
    """A drive that has no password any more."""

    serial: str
    how: Opened


def unlock(config: BenchConfig, journal: Journal, path: Path, *, confirm: str | None) -> Unlocked:
    """Take the bench's own password off a drive, and forget it only when the drive says that it is gone.

    Raises:
        WrongConfirmation, NoPasswordKept, SecurityFrozen, and what the guard refuses (a job holds it): nothing was touched.
        DriveSilent, StillLocked, ProgramMissing, ProgramTimedOut: it was tried, and the password is still kept.
    """
    identity = identified(config, path)
    if confirm is not None and confirm.strip() != identity.serial:
        raise WrongConfirmation(f"{path} is {identity.model}, serial {identity.serial}. {WrongConfirmation.__doc__}")
    with journal.transaction() as tx:
        kept = passwords.standing(tx, identity.storage.key)
    with clear(identity, config.ports).redeem() as device:
        how = _open(device, _security(device), kept)
    with journal.transaction() as tx:
        passwords.clear(tx, identity.storage.key, now())
    return Unlocked(identity.serial, how)


def _open(device: BlockDevice, security: AtaSecurity, kept: tuple[KeptPassword, ...]) -> Opened:
    if security.enabled is Presence.NO and security.locked is Presence.NO:
        return Opened.WAS_OPEN
    if not kept:
        raise NoPasswordKept
    if security.frozen is not Presence.NO:
        raise SecurityFrozen
    _try_all(device, kept)
    after = _security(device)
    if after.enabled is not Presence.NO or after.locked is not Presence.NO:
        raise StillLocked(f"{device.path} took the password and is locked all the same. {StillLocked.__doc__}")
    return Opened.UNLOCKED


def _try_all(device: BlockDevice, kept: tuple[KeptPassword, ...]) -> None:
    """The newest first; what the last one ran into is raised."""
    for place, candidate in enumerate(kept, start=1):
        locked = _security(device).locked is not Presence.NO
        try:
            ata_lock.unlock(str(device.path), candidate.password, locked=locked)
        except StillLocked:
            if place == len(kept):
                raise
        else:
            return


def _security(device: BlockDevice) -> AtaSecurity:
    found = ata_lock.security_of(device.fd)
    if found is None or Presence.INDETERMINATE in (found.enabled, found.locked):
        raise DriveSilent
    return found
