"""A drive of old data at a virtual port, and a journal that only remembers: what tests of the wipe share."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from agents.config import PortConfig
from agents.identify.host import Host
from agents.identify.identify import identify
from agents.identify.identity import Identity
from agents.wipe.guard import Clearance, clear


@dataclass
class Memory:
    """JobHooks that keep what they were told."""

    said: list[object] = field(default_factory=list)
    key: bytes | None = None
    samples: bytes | None = None
    record: bytes | None = None

    def issued(self, secret: bytes | None) -> None:
        self.key = secret
        self.said.append("issued")

    def prepared(self, samples: bytes) -> None:
        self.samples = samples
        self.said.append("prepared")

    def polling(self, record: bytes) -> None:
        self.record = record
        self.said.append("polling")

    def unlocked(self) -> None:
        self.said.append("unlocked")

    def synced(self, offset: int) -> None:
        self.said.append(offset)

    def verifying(self) -> None:
        self.said.append("verifying")


@dataclass(frozen=True)
class Drive:
    """A file full of old data at a virtual port."""

    file: Path
    port: PortConfig

    @property
    def identity(self) -> Identity:
        return identify(self.port, self.port.path or self.file)

    def clear(self) -> Clearance:
        return clear(self.identity, [self.port])


def quiet_host(root: Path) -> Host:
    """A recorded machine that uses nothing."""
    (root / "proc" / "self").mkdir(parents=True)
    (root / "proc" / "self" / "mountinfo").write_text("")
    (root / "proc" / "swaps").write_text("Filename\tType\tSize\tUsed\tPriority\n")
    (root / "proc" / "filesystems").write_text("nodev\tproc\n\text4\n")
    (root / "sys" / "block").mkdir(parents=True)
    return Host(root / "sys", root / "proc", root / "dev")


def make_drive(folder: Path, size: int) -> Drive:
    """A file of random bytes, declared as port A1."""
    file = folder / "drive.img"
    file.write_bytes(os.urandom(size))
    return Drive(file, PortConfig(name="A1", path=file))
