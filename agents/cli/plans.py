"""How a plan is shown: what will be done, why, what else would be possible, and what the drive said of itself."""

import shlex
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any, Final

from agents.cli.show import amount, duration
from agents.config import MethodName
from agents.errors import Refused
from agents.identify.identity import Identity
from agents.wipe.choice import options
from agents.wipe.methods.draft import Closed, Draft, Option
from agents.wipe.plan import WipePlan
from fleet.contract.kinds import Completion, Level, Method, VerificationMethod

_WIDTH: Final = 112
_COMPLETION: Final[dict[Completion, str]] = {
    Completion.FLUSHED_WRITES: "every write is flushed to the medium",
    Completion.EXIT_CODE: "the command ends with exit code 0",
    Completion.NVME_SANITIZE_LOG: "the controller's sanitize log is polled until it says completed",
    Completion.ATA_SANITIZE_STATUS: "the drive's sanitize status is polled until it says completed",
    Completion.SCSI_REQUEST_SENSE: "the drive's sense data are polled until no sanitize is in progress",
}
_VERIFICATION: Final[dict[VerificationMethod, str]] = {
    VerificationMethod.FULL_READ_BACK: "every byte is read back and compared",
    VerificationMethod.SAMPLED: "10 % is read back in seeded samples; each must have changed, and no canary may be left",
}


class NoSuchMethod(Refused):
    """There is no such method."""


def method_of(name: str | None) -> Method | None:
    """The method that people name: `zeros`, `random`, or a method's own name. Raises NoSuchMethod."""
    if name is None:
        return None
    if name in set(MethodName):
        return MethodName(name).method
    if name in set(Method):
        return Method(name)
    raise NoSuchMethod(f"{name!r}: {NoSuchMethod.__doc__} They are {', '.join((*MethodName, *Method))}.")


def document(identity: Identity, wanted: WipePlan) -> dict[str, Any]:
    """Everything as JSON values: the plan, all other methods with why not, and what was read of the drive."""
    return {
        "plan": wanted.to_document(),
        "confirm": wanted.storage.serial,
        "options": [row for option in _options(identity, wanted) for row in _rows(option, wanted)],
        "capabilities": {"note": identity.capabilities.note, "evidence": dict(identity.capabilities.evidence)},
    }


def text(identity: Identity, wanted: WipePlan) -> str:
    """The same for people, in aligned columns."""
    parts = [_facts(_plan_facts(wanted))]
    commands = [f"  {number}. {shlex.join(command.argv)}" for number, command in enumerate(wanted.commands, start=1)]
    if commands:
        parts.append("\n".join(("Commands", *commands)))
    parts.append("\n".join(("All methods for this medium, the strongest first", *_table(identity, wanted))))
    evidence = identity.capabilities.evidence or {"note": identity.capabilities.note}
    parts.append("What the drive's firmware said\n" + textwrap.indent(_facts(evidence.items()), "  "))
    return "\n\n".join(parts)


def _plan_facts(wanted: WipePlan) -> Iterator[tuple[str, str]]:
    storage = wanted.storage
    yield "port", wanted.port
    yield "device", " ".join(filter(None, (wanted.path, storage.manufacturer, storage.model)))
    yield "serial", storage.serial
    if storage.wwn:
        yield "wwn", storage.wwn
    yield "medium", f"{storage.media}, {amount(storage.capacity_bytes)} ({storage.capacity_bytes} bytes)"
    yield "level", f"{wanted.level.value.capitalize()} (NIST SP 800-88 Rev. 2)"
    yield "method", wanted.method
    yield "technique", wanted.technique
    yield "why", wanted.reason
    yield "ends when", _COMPLETION[wanted.completion]
    yield "verified", _VERIFICATION[wanted.verification]
    yield "erases", ", ".join(wanted.scope) or wanted.path
    yield "hidden areas", wanted.hidden_areas
    if wanted.expected_s is not None:
        yield "takes about", duration(wanted.expected_s)
    for warning in wanted.warnings:
        yield "warning", warning


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    rows = list(facts)
    indent = 2 + max(len(name) for name, _ in rows)
    return "\n".join(
        textwrap.fill(told, _WIDTH, initial_indent=f"{name:<{indent}}", subsequent_indent=" " * indent, break_on_hyphens=False)
        for name, told in rows
    )


def _options(identity: Identity, wanted: WipePlan) -> tuple[Option, ...]:
    preferred = wanted.method if wanted.method.by_host else Method.OVERWRITE_RANDOM
    return options(identity, overwrite_with=preferred)


def _rows(option: Option, wanted: WipePlan) -> Iterator[dict[str, Any]]:
    match option:
        case Draft():
            yield {
                "method": option.method.value,
                "possible": True,
                "chosen": option.method is wanted.method,
                "level": option.level.value,
                "reason": option.reason,
                "expected_s": option.expected_s,
            }
        case Closed():
            for method in option.methods:
                yield {"method": method.value, "possible": False, "hindrance": option.hindrance.value, "reason": option.why}


def _table(identity: Identity, wanted: WipePlan) -> Iterator[str]:
    """One line a method; methods that are closed for the same reason share one."""
    name_width, level_width = max(map(len, Method)), max(map(len, Level))
    for option in _options(identity, wanted):
        match option:
            case Draft():
                mark = "*" if option.method is wanted.method else " "
                head = f"{mark} {option.method:<{name_width}}  {option.level:<{level_width}}  "
                yield textwrap.fill(option.reason, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))
            case Closed():
                head = f"  {'not possible':<{name_width + level_width + 2}}  "
                yield textwrap.fill(
                    str(option), _WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
                )
