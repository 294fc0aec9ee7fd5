"""ext4 by the programs of e2fsprogs, without mounting: checked, grown, its files read and changed.

debugfs ends with 0 whatever its commands came to, so nothing it is told is believed: every edit is read back.
"""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, assert_never

from agents.errors import Failed
from agents.image.finish.edits import Edit, MakeLink, Node, NodeKind, Remove, WriteFile
from agents.shell.run import run

SECTOR_BYTES: Final = 512
"""What resize2fs means by a size ending in `s`."""
_QUICK_S: Final = 120.0
_CHECK_S: Final = 1800.0
_CORRECTED: Final = (0, 1)
"""e2fsck(8): 0 no errors, 1 errors corrected."""
_STAT: Final = re.compile(r"Type: (\w+)\s+Mode:\s+([0-7]+).*?User:\s+(\d+)\s+Group:\s+(\d+)", re.DOTALL)
_LINK: Final = re.compile(r'^Fast link dest: "(.*)"$', re.MULTILINE)
_KINDS: Final = {"regular": NodeKind.FILE, "directory": NodeKind.FOLDER, "symlink": NodeKind.LINK}


class EditNotThere(Failed):
    """A change of the image's files did not stick. The target is not usable: start anew, on another medium if it recurs."""


@dataclass(frozen=True, slots=True)
class Ext4:
    """An unmounted ext4 file system; `volume` is what e2fsprogs take as its device. Calls raise ProgramFailed and the like."""

    volume: str

    # --- whole

    def repair(self) -> None:
        """Bring it to the clean state that growing demands."""
        run(["e2fsck", "-f", "-p", self.volume], timeout_s=_CHECK_S, accept=_CORRECTED)

    def grow(self, length: int) -> None:
        """Make it fill `length` bytes."""
        run(["resize2fs", self.volume, f"{length // SECTOR_BYTES}s"], timeout_s=_CHECK_S)

    def check(self) -> None:
        """Read all of its structure and change nothing; ProgramFailed where anything is wrong."""
        run(["e2fsck", "-f", "-n", self.volume], timeout_s=_CHECK_S)

    # --- reading

    def node(self, path: str) -> Node | None:
        """What stands at a path; links are not followed. None where there is nothing."""
        told = self._ask(f'stat "{path}"')
        found = _STAT.search(told)
        if found is None:
            return None
        kind, mode, owner, group = found.groups()
        link = _LINK.search(told)
        return Node(_KINDS.get(kind, NodeKind.OTHER), int(mode, 8), int(owner), int(group), link[1] if link else None)

    def exists(self, path: str) -> bool:
        """Whether something has this path."""
        return self.node(path) is not None

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in a folder; none where it is absent."""
        rows = (line.split("/") for line in self._ask(f'ls -p "{folder}"').splitlines() if line.startswith("/"))
        return tuple(name for row in rows if len(row) > 5 and (name := row[5]) not in {".", ".."})  # noqa: PLR2004 - its sixth field

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where there is none."""
        with tempfile.TemporaryDirectory(prefix="heropstart-finish-") as folder:
            copy = Path(folder) / "copy"
            self._ask(f'dump "{path}" "{copy}"')
            return copy.read_bytes() if copy.exists() else None

    def _ask(self, request: str) -> str:
        return run(["debugfs", "-R", request, self.volume], timeout_s=_QUICK_S).stdout

    # --- changing

    def apply(self, edits: tuple[Edit, ...]) -> None:
        """Carry out edits, in order, and prove each by reading it back. Raises EditNotThere."""
        with tempfile.TemporaryDirectory(prefix="heropstart-finish-") as name:
            folder = Path(name)
            lines = [line for number, edit in enumerate(edits) for line in _commands(edit, folder / str(number))]
            for number, edit in enumerate(edits):
                if isinstance(edit, WriteFile):
                    (folder / str(number)).write_bytes(edit.data)
            script = folder / "commands"
            script.write_text("".join(f"{line}\n" for line in lines))
            run(["debugfs", "-w", "-f", str(script), self.volume], timeout_s=_QUICK_S)
        for edit in edits:
            self.prove(edit)

    def prove(self, edit: Edit) -> None:
        """Whether an edit is there, read from the file system. Raises EditNotThere."""
        node = self.node(edit.path)
        match edit:
            case WriteFile():
                good = node == Node(NodeKind.FILE, edit.mode, 0, 0, None) and self.read(edit.path) == edit.data
            case MakeLink():
                good = node is not None and node.kind is NodeKind.LINK and node.target == edit.target
            case Remove():
                good = node is None
            case _:
                assert_never(edit)
        if not good:
            raise EditNotThere(f"{edit.path}: {EditNotThere.__doc__}")


def _commands(edit: Edit, source: Path) -> list[str]:
    """The commands of debugfs for one edit. It says so and goes on where a name is absent (rm) or there already (mkdir)."""
    path = PurePosixPath(edit.path)
    gone = f'rm "{path}"'
    match edit:
        case Remove():
            return [gone]
        case MakeLink():
            return [gone, f'symlink "{path}" "{edit.target}"']
        case WriteFile():
            owned = [f'sif "{path}" {field} 0' for field in ("uid", "gid")]
            into = [f'mkdir "{folder}"' for folder in reversed(path.parents) if str(folder) != "/"]
            write = [f'cd "{path.parent}"', f'write "{source}" "{path.name}"', "cd /"]
            return [gone, *into, *write, f'sif "{path}" mode 0{0o100000 | edit.mode:o}', *owned]
        case _:
            assert_never(edit)
