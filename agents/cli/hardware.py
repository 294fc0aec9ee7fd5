"""Commands about a device's condition: inventory, check."""

from typing import Annotated

import typer

from agents.bench import measuring
from agents.bench.station import open_station
from agents.cli.context import JsonOption, opened
from agents.cli.show import as_json, out
from agents.errors import Refused
from fleet.contract.hardware import CheckAnswer, CheckItem, HardwareReport, StorageHealth
from labels import codes

_GIB = 1 << 30


class AnswerUnclear(Refused):
    """This is no answer of the check-list. Write ITEM=ANSWER, as in keyboard=good."""


def inventory(
    context: typer.Context,
    code: Annotated[str | None, typer.Option(help="Report it for the device with this label.")] = None,
    json: JsonOption = False,
) -> None:
    """Read what this machine is made of and how worn it is: maker, serial, memory, battery, screen, drives.

    With --code it is also reported to the service, as evidence of that device.

    Example: [bold]bench-agent inventory[/bold]
    """
    report = measuring.this_machine()
    if code is not None:
        asset_code = measuring.code_of(code)
        with opened(context) as (config, journal), open_station(config, journal) as station:
            measuring.tell_measured(station, asset_code, report, config.operator)
    if json:
        as_json(report.model_dump(mode="json"))
        return
    for line in _lines(report):
        out.print(line, markup=False, highlight=False)
    if code is not None:
        out.print(f"Reported for {codes.show(measuring.code_of(code))}.", markup=False)


def check(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help="The device's label, scanned or typed.")],
    answers: Annotated[list[str], typer.Argument(help="ITEM=ANSWER, as often as needed: keyboard=good screen=worn.")],
    note: Annotated[str, typer.Option(help="What else is to be said.")] = "",
    operator: Annotated[str | None, typer.Option(help="Your login, when it is not the bench's.")] = None,
    json: JsonOption = False,
) -> None:
    """Report the check-list of a device: what a person sees, hears and feels.

    Items: keyboard, touchpad, screen, speakers, microphone, camera, hinges, ports, wifi, charger, electrical_safety.
    Answers: good, worn, broken, absent.

    Example: [bold]bench-agent --config bench.toml check 8YZA-BCDE keyboard=good speakers=worn[/bold]
    """
    asset_code, told = measuring.code_of(code), dict(map(_answer, answers))
    with opened(context) as (config, journal), open_station(config, journal) as station:
        measuring.tell_checked(station, asset_code, told, note, operator or config.operator)
    if json:
        as_json({"asset_code": asset_code, "answers": told})
    else:
        out.print(f"{len(told)} answers kept for {codes.show(asset_code)}.", markup=False)


def _answer(text: str) -> tuple[CheckItem, CheckAnswer]:
    """`keyboard=good`. Raises AnswerUnclear, which lists what there is."""
    item, _, answer = text.partition("=")
    if item not in set(CheckItem):
        raise AnswerUnclear(f"{text!r}: there is no item {item!r}. The items are {', '.join(CheckItem)}.")
    if answer not in set(CheckAnswer):
        raise AnswerUnclear(f"{text!r}: there is no answer {answer!r}. The answers are {', '.join(CheckAnswer)}.")
    return CheckItem(item), CheckAnswer(answer)


def _lines(report: HardwareReport) -> list[str]:
    size = f"{report.memory_bytes / _GIB:.1f} GiB" if report.memory_bytes else None
    shown = {
        "kind": report.kind.value,
        "manufacturer": report.manufacturer,
        "model": report.model,
        "serial": report.serial,
        "firmware": " ".join(filter(None, (report.boot and report.boot.value, report.firmware_version))),
        "secure boot": report.secure_boot.value,
        "processor": report.cpu,
        "cores": report.cpu_cores,
        "memory": size,
        "keyboards": ", ".join(report.keyboards),
        "cameras": ", ".join(report.cameras),
        "networks": ", ".join(report.networks),
    }
    lines = [f"{name:<14}{value}" for name, value in shown.items() if value]
    for battery in report.batteries:
        health = "unknown" if battery.health_percent is None else f"{battery.health_percent} %"
        lines.append(f"{'battery':<14}{battery.name}, health {health}, {battery.cycles or 'unknown'} cycles")
    for screen in report.screens:
        diagonal = screen.diagonal_tenths_inch
        lines.append(f"{'screen':<14}{screen.connector}, {diagonal / 10 if diagonal else '?'} inch")
    lines += [f"{'drive':<14}{_drive(storage)}" for storage in report.storages]
    lines += [f"{'not read':<14}{text}" for text in report.unread]
    return lines


def _drive(storage: StorageHealth) -> str:
    health = {True: "passed", False: "FAILED", None: "does not tell"}[storage.passed]
    hours = f", {storage.power_on_hours} h" if storage.power_on_hours is not None else ""
    return f"{storage.model}, serial {storage.serial}, health {health}{hours}"
