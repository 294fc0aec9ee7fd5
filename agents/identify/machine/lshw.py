"""Processor and memory modules, from `lshw -json` (class and description as lshw's own source sets them)."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from agents.errors import Failed
from agents.shell.run import run
from fleet.contract.hardware import MemoryModule

_TIMEOUT_S: Final = 120.0
_MHZ: Final = re.compile(r"(\d+) ?(?:MHz|MT/s)")
_TYPE: Final = re.compile(r"\b(LP)?DDR\d?X?\b")


def _listed(value: object) -> object:
    """Versions before B.02.19 print one object, later ones a list."""
    return [value] if isinstance(value, dict) else value


class Part(BaseModel):
    """One node of lshw's tree. Sizes in the unit named beside them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = ""
    part_class: str = Field(default="", alias="class")
    product: str | None = None
    description: str | None = None
    slot: str | None = None
    size: int | None = None
    units: str | None = None
    configuration: dict[str, Any] = Field(default_factory=dict)
    children: "tuple[Part, ...]" = ()

    def walk(self) -> "Iterator[Part]":
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


_TREE: Final = TypeAdapter(Annotated[tuple[Part, ...], BeforeValidator(_listed)])


class LshwUnclear(Failed):
    """lshw answered with something else than its JSON. Install the package lshw anew, or go on without it."""


def read_lshw() -> tuple[Part, ...]:
    """Ask lshw. Raises Failed: not installed, not in time, or unclear."""
    return parse_lshw(run(["lshw", "-quiet", "-json", "-class", "processor", "-class", "memory"], timeout_s=_TIMEOUT_S).stdout)


def parse_lshw(answer: str) -> tuple[Part, ...]:
    """The tree of an answer. Raises LshwUnclear."""
    try:
        return _TREE.validate_json(answer)
    except ValidationError as error:
        raise LshwUnclear(f"{LshwUnclear.__doc__} ({error.error_count()} faults)") from error


def modules(tree: tuple[Part, ...]) -> tuple[MemoryModule, ...]:
    """The memory modules that are fitted: banks that have a size."""
    banks = (part for top in tree for part in top.walk() if part.id.startswith("bank") and part.units == "bytes")
    return tuple(
        MemoryModule(
            slot=bank.slot or bank.id,
            size_bytes=bank.size,
            type=_first(_TYPE, bank.description),
            speed_mts=int(speed) if (speed := _first(_MHZ, bank.description, 1)) else None,
        )
        for bank in banks
        if bank.size
    )


def processor(tree: tuple[Part, ...]) -> tuple[str | None, int | None, int | None]:
    """Name, cores and threads of the processors together; None where lshw does not tell."""
    chips = [part for top in tree for part in top.walk() if part.part_class == "processor" and part.product]
    name = chips[0].product if chips else None
    cores = [chip.configuration.get("cores") for chip in chips]
    threads = [chip.configuration.get("threads") for chip in chips]
    return name, _sum(cores), _sum(threads)


def _sum(texts: list[Any]) -> int | None:
    numbers = [int(text) for text in texts if str(text).isdigit()]
    return sum(numbers) if numbers else None


def _first(pattern: re.Pattern[str], text: str | None, group: int = 0) -> str | None:
    found = pattern.search(text or "")
    return found[group] if found else None
