"""Drives that sanitize themselves, as their tools show them: the messages are those of nvme-cli's and hdparm's sources.

A drive here is a plain file and a state; `run` takes the place of `agents.shell.run.run`. What cannot be shown without the
hardware: how real firmware behaves between the states.
"""

import json
import os
import struct
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agents.shell.run import REDACTED, Completed, ProgramTimedOut

_SAID = {
    0: "NVM Subsystem has never been sanitized.",
    1: "Most Recent Sanitize Command Completed Successfully.",
    2: "Sanitize in Progress.",
    3: "Most Recent Sanitize Command Failed.",
    4: "Most Recent Sanitize Command (No-Deallocate After Sanitize) Completed Successfully.",
}


def sanitize_log(status: int, sprog: int, action: int, *, shape: str = "2.3", device: str = "nvme0") -> str:
    """What `nvme sanitize-log -o json` prints: nvme-cli 1.9 to 2.7 and from 2.9 on; 2.8; and the flat one with numbers."""
    if shape == "flat":
        return json.dumps({"sprog": sprog, "sstat": status, "cdw10_info": action})
    text = f"({status}) {_SAID.get(status, 'Unknown')}"
    sstat: dict[str, object] = {"global_erased": 0, "no_cmplted_passes": 0}
    sstat[_SAID.get(status, "Unknown") if shape == "2.8" else "status"] = text
    log: dict[str, object] = {"sprog": sprog, "sstat": sstat, "cdw10_info": action, "time_over_write": 0xFFFF_FFFF}
    if shape == "2.16":
        log["sanitize_state_information"] = {"sanitize_state": "(0) Idle state"}
    return json.dumps({device: log}, indent=2)


@dataclass
class Firmware:
    """A drive's firmware behind its tools.

    Attributes:
        file: the medium.
        erase: what a successful command does to it.
        answers: SSTAT and SPROG of each question after a sanitize was told; the last one stays. Done erases.
        code: exit code of destructive commands; they work only when it is 0.
        hangs: a destructive command never ends.
        security: word 128 of IDENTIFY; a password sets bit 1, an erase clears it.
        keeps_password: an erase leaves the password standing.
        locked_out: no password is taken.
    """

    file: Path
    erase: Callable[[Path], None] | None = None
    answers: list[tuple[int, int]] = field(default_factory=lambda: [(2, 655), (2, 40000), (1, 65535)])
    before: tuple[int, int, int] = (0, 65535, 0)
    shape: str = "2.3"
    code: int = 0
    hangs: bool = False
    security: int = 0x0021
    keeps_password: bool = False
    locked_out: bool = False
    password: str | None = None
    told: list[tuple[str, ...]] = field(default_factory=list)
    on_question: Callable[[], None] = lambda: None
    _action: int = 0
    _asked: int = -1

    def run(
        self, argv: Sequence[str], *, timeout_s: float, accept: Container[int] = (0,), redact: Sequence[str] = ()
    ) -> Completed:
        """As the real one, without a process."""
        del accept
        code, out, err = self._dispatch(tuple(argv), timeout_s)
        for secret in redact:
            out, err = out.replace(secret, REDACTED), err.replace(secret, REDACTED)
        shown = tuple(REDACTED if argument in redact else argument for argument in argv)
        return Completed(shown, code, out, err)

    def identify(self, _fd: int) -> bytes:
        """IDENTIFY DEVICE of a small SATA drive with this security status."""
        words = [0] * 256
        words[60], words[61] = 0x8000, 0
        words[82], words[83], words[85], words[86], words[87] = 0x0002, 0x4000, self.security & 2, 0, 0x4000
        words[128] = self.security
        return struct.pack("<256H", *words)

    def _dispatch(self, argv: tuple[str, ...], timeout_s: float) -> tuple[int, str, str]:
        match argv[:2]:
            case ("nvme", "sanitize-log"):
                return 0, self._log(), ""
            case ("nvme", "smart-log" | "id-ns"):
                return 0, '{\n  "temperature":310\n}\n', ""
            case ("nvme", "sanitize"):
                self._action = int(argv[3].removeprefix("--sanact="))
                return self._tell(argv, timeout_s, "", later=True)
            case ("nvme", "format"):
                return self._tell(argv, timeout_s, "Success formatting namespace:1\n")
        return self._hdparm(argv, timeout_s)

    def _tell(self, argv: tuple[str, ...], timeout_s: float, said: str, *, later: bool = False) -> tuple[int, str, str]:
        self.told.append(argv)
        if self.hangs:
            raise ProgramTimedOut(argv, timeout_s)
        if self.code:
            return self.code, "", "NVMe status: Invalid Command Opcode(0x4001)\n"
        if later:
            self._asked = 0
        else:
            self._erase()
        return 0, said, ""

    def _erase(self) -> None:
        if self.erase is not None:
            self.erase(self.file)

    def _log(self) -> str:
        self.on_question()
        if self._asked < 0:
            return sanitize_log(*self.before, shape=self.shape)
        status, sprog = self.answers[min(self._asked, len(self.answers) - 1)]
        self._asked += 1
        if status in (1, 4):
            self._erase()
        return sanitize_log(status, sprog, self._action, shape=self.shape)

    def _hdparm(self, argv: tuple[str, ...], timeout_s: float) -> tuple[int, str, str]:
        step, password = argv[3], argv[4]
        names = {
            "--security-set-pass": "SECURITY_SET_PASS",
            "--security-unlock": "SECURITY_UNLOCK",
            "--security-disable": "SECURITY_DISABLE",
        }
        name = names.get(step, "SECURITY_ERASE")
        said = f'security_password: "{password}"\n\n{argv[-1]}:\n Issuing {name} command, password="{password}", user=user\n'
        self.told.append(argv)
        right = self.password in (None, password) and not self.locked_out
        if step == "--security-set-pass" and right:
            self.password, self.security = password, self.security | 2
            return 0, said, ""
        if not right or (name == "SECURITY_ERASE" and self.code):
            return 5, said, f"{name}: Input/output error\n"
        if name == "SECURITY_ERASE":
            if self.hangs:
                raise ProgramTimedOut(argv, timeout_s)
            self._erase()
            if self.keeps_password:
                return 0, said, ""
        if step != "--security-unlock":
            self.password, self.security = None, self.security & ~2
        self.security &= ~4
        return 0, said, ""


def to_zeros(file: Path) -> None:
    """A block erase, or blocks that are no longer mapped."""
    file.write_bytes(bytes(file.stat().st_size))


def to_noise(file: Path) -> None:
    """A changed key: everything reads as something else."""
    file.write_bytes(os.urandom(file.stat().st_size))


def all_but_one_mebibyte(file: Path) -> None:
    """An erase that leaves a part as it was."""
    with file.open("r+b") as opened:
        size = file.stat().st_size
        opened.write(bytes(size // 2))
        opened.seek(size // 2 + (1 << 20))
        opened.write(bytes(size - size // 2 - (1 << 20)))
