"""NTFS by the programs of ntfs-3g, without mounting: a file written and read back, the file system grown."""

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.errors import Failed
from agents.shell.run import run

_QUICK_S: Final = 120.0
_RESIZE_S: Final = 1800.0


class NtfsFileDiffers(Failed):
    """A file written into the Windows partition reads back otherwise. The target is not usable: start anew."""


@dataclass(frozen=True, slots=True)
class Ntfs:
    """An unmounted NTFS file system on a node of its own. Every call raises ProgramFailed and the like."""

    node: str

    def write(self, path: str, data: bytes) -> None:
        """Put a file into a folder that exists."""
        with tempfile.TemporaryDirectory(prefix="heropstart-finish-") as folder:
            source = Path(folder) / "file"
            source.write_bytes(data)
            run(["ntfscp", "--quiet", self.node, str(source), path], timeout_s=_QUICK_S)

    def prove(self, path: str, data: bytes) -> str:
        """Read a file back and compare every byte; its SHA-256 in hex. Raises NtfsFileDiffers.

        `--force`: after a resize Windows is to check the volume, and is told so by its dirty flag.
        """
        # Text comes through the door decoded; our own files are ASCII, and anything else shows as a difference.
        found = run(["ntfscat", "--force", self.node, path], timeout_s=_QUICK_S).stdout.encode()
        if found != data:
            raise NtfsFileDiffers(f"{path}: {NtfsFileDiffers.__doc__}")
        return hashlib.sha256(found).hexdigest()

    def grow(self) -> None:
        """Make it fill its node; Windows checks it at its next start, which ntfsresize(8) asks of it."""
        run(["ntfsresize", "--force", "--force", "--no-progress-bar", self.node], timeout_s=_RESIZE_S)

    def check(self) -> None:
        """Read its structure and change nothing; ProgramFailed where anything is wrong."""
        run(["ntfsresize", "--force", "--info", "--no-progress-bar", self.node], timeout_s=_RESIZE_S)
