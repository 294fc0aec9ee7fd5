"""The password that an ATA security erase needs: made, proven to be gone again, and taken away where it was left behind.

The erase ends with the password gone (ACS-4, 7.44.2). A drive that keeps it, because the erase failed or the power went, is
useless to everyone until it is unlocked: so the password is in the journal before the drive hears of it.
"""

import secrets
from typing import Final

from agents.errors import Failed
from agents.identify import ata
from agents.identify.ata import AtaReadings, AtaSecurity
from agents.shell import sgio
from agents.shell.run import run
from fleet.contract.kinds import Method, Presence

METHODS: Final = frozenset({Method.ATA_SECURITY_ERASE, Method.ATA_SECURITY_ERASE_ENHANCED})
PASSWORD_BYTES: Final = 32
"""ACS-4, table 161; hdparm takes no more."""
_TIMEOUT_S: Final = 60.0


class StillLocked(Failed):
    """The drive did not take this password. Take its power away and put it back, since it counts attempts, and try again."""


def new_password() -> bytes:
    """32 hex digits (128 bits), which no shell, keyboard or firmware can misread."""
    return secrets.token_hex(PASSWORD_BYTES // 2).encode("ascii")


def security_of(fd: int) -> AtaSecurity | None:
    """IDENTIFY word 128 as it is now; None when the drive does not answer."""
    try:
        return ata.parse(AtaReadings(identify=sgio.identify_device(fd))).security
    except Failed:
        return None


def left_behind(fd: int) -> str | None:
    """Why the drive cannot be taken for free of a password, in words; None when it says that it has none."""
    security = security_of(fd)
    if security is None or security.enabled is Presence.INDETERMINATE:
        return "the drive does not say whether its password is gone: run `bench-agent unlock`"
    if security.enabled is Presence.YES or security.locked is not Presence.NO:
        return "the drive still has the password that this bench set: run `bench-agent unlock`"
    return None


def unlock(path: str, password: str, *, locked: bool) -> None:
    """Unlock a drive and take its password away.

    Raises:
        StillLocked: it did not take the password.
        ProgramMissing, ProgramTimedOut: hdparm did not run, or did not end.
    """
    steps = ("--security-unlock", "--security-disable") if locked else ("--security-disable",)
    for step in steps:
        argv = ["hdparm", "--user-master", "u", step, password, path]
        done = run(argv, timeout_s=_TIMEOUT_S, accept=range(256), redact=(password,))
        if done.code:
            said = " ".join(f"{done.stdout} {done.stderr}".split())[-500:]
            raise StillLocked(f"`{' '.join(done.argv)}` ended with exit code {done.code}: {said}. {StillLocked.__doc__}")
