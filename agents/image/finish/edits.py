"""Changes inside a file system, as values: what `linux` decides and `ext4` carries out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FILE_MODE: Final = 0o644


@dataclass(frozen=True, slots=True)
class WriteFile:
    """A file that root owns, its folder made when absent."""

    path: str
    data: bytes
    mode: int = FILE_MODE


@dataclass(frozen=True, slots=True)
class MakeLink:
    """A symbolic link, in place of whatever has its name."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Remove:
    """A file or link that must be gone."""

    path: str


Edit = WriteFile | MakeLink | Remove


class NodeKind(StrEnum):
    """What stands at a path."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Node:
    """What is at a path of a file system; `target` of a link that names its target in its inode."""

    kind: NodeKind
    mode: int
    owner: int
    group: int
    target: str | None
