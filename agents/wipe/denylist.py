"""Which drives are known to fail at which methods: data in `denylist.toml`, so that a new entry needs no code."""

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from fleet.contract.kinds import Method
from fleet.contract.storage import StorageIdentity

_FILE: Final = "denylist.toml"


class Entry(BaseModel):
    """One fault. `models` and `firmware` are shell patterns; `source` says where it was published."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[str, ...] = Field(min_length=1)
    firmware: str = Field(min_length=1)
    methods: frozenset[Method] = Field(min_length=1)
    why: str = Field(min_length=1)
    source: str = Field(min_length=1)

    def concerns(self, storage: StorageIdentity) -> bool:
        """Whether it speaks of this medium."""
        return any(_fits(storage.model, model) for model in self.models) and _fits(storage.firmware or "", self.firmware)


def forbids(storage: StorageIdentity, method: Method) -> str | None:
    """Why a method must not be used on this medium, in words with the source; None when nothing is known against it."""
    for entry in entries():
        if method in entry.methods and entry.concerns(storage):
            return f"{entry.why} ({entry.source})"
    return None


@cache
def entries() -> tuple[Entry, ...]:
    """The whole list. A broken file is a broken installation: pydantic's error says where."""
    found = tomllib.loads(files("agents.wipe").joinpath(_FILE).read_text(encoding="utf-8"))
    return TypeAdapter(tuple[Entry, ...]).validate_python(found["drive"])


def _fits(said: str, pattern: str) -> bool:
    return fnmatchcase(" ".join(said.casefold().split()), pattern.casefold())
