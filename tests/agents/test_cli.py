"""The command line: exit codes, JSON and nothing else on stdout, and messages that say what to do."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.cli.app import app, run
from agents.journal.db import Journal
from fleet.contract.bundle import read_bundle
from fleet.contract.certificate_file import verify_file
from fleet.contract.events import BenchEvent
from tests.sim.agent_process import AgentProcess, shown
from tests.sim.bench_service import CODE, BenchService, until

pytestmark = pytest.mark.process

Cli = Callable[..., tuple[int, Any]]
LABEL = "VC2R-1YD6"
COMMANDS = (
    *("doctor", "ports", "plan", "wipe", "unlock", "image", "inventory", "check", "live", "enrol", "outbox", "run", "scan"),
)


@pytest.fixture
def service() -> Iterator[BenchService]:
    with BenchService() as running:
        yield running


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    file = tmp_path / "bench.toml"
    file.write_text('station = "Bench 1"\noperator = "an"\npoll_seconds = 0.05\n[[ports]]\nname = "A1"\npath = "a1.img"\n')
    (tmp_path / "a1.img").write_bytes(os.urandom(1_000_448))
    return file


@pytest.fixture
def cli(toml: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs one command with --json; its exit code and its document."""

    def call(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = run(["--config", str(toml), *words, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def enrolled(cli: Cli, service: BenchService) -> None:
    code, told = cli("enrol", "--server", service.url, "--code", CODE)
    assert (code, told["organisation"]) == (0, "Kringwinkel Test")
    assert told["codes"] > 0


def serial(cli: Cli, toml: Path) -> str:
    code, document = cli("plan", str(toml.with_name("a1.img")))
    assert code == 0
    assert document["plan"]["port"] == "A1"
    return str(document["confirm"])


@pytest.mark.usefixtures("enrolled")
def test_a_wipe_from_the_command_line(cli: Cli, toml: Path, service: BenchService) -> None:
    drive = toml.with_name("a1.img")
    before = drive.read_bytes()
    code, done = cli("wipe", str(drive), "--confirm", serial(cli, toml))
    assert (code, done["verdict"], done["undelivered"]) == (0, "erased", None)
    assert verify_file(Path(done["certificate"]).read_bytes()).asset_code == done["asset_code"]
    assert drive.read_bytes() != before
    assert [event.data.type for event in service.books.arrivals] == [
        "device.received",
        "label.printed",
        "wipe.started",
        "wipe.finished",
    ]
    assert cli("outbox")[1] == {"waiting": 0, "stuck": 0, "trouble": None, "events": []}


@pytest.mark.usefixtures("enrolled")
def test_a_wrong_confirmation_touches_nothing(cli: Cli, toml: Path, service: BenchService) -> None:
    drive = toml.with_name("a1.img")
    before = drive.read_bytes()
    code, told = cli("wipe", str(drive), "--confirm", "WX11A45")
    assert (code, told["error"]["exit_code"]) == (3, 3)
    assert "plan PATH" in told["error"]["message"]
    assert drive.read_bytes() == before
    assert service.books.arrivals == []


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("make", ["a partition", "no port", "nothing", "read-only"])
def test_what_the_guard_refuses(cli: Cli, toml: Path, make: str) -> None:
    drive = toml.with_name("a1.img")
    match make:
        case "no port":
            drive = toml.with_name("other.img")
            drive.write_bytes(b"x" * 4096)
        case "nothing":
            drive.unlink()
        case "read-only":
            drive.write_bytes(b"")
        case _:
            drive = Path("/dev/null")
    code, told = cli("wipe", str(drive), "--confirm", "x")
    assert code == 3
    assert told["error"]["message"]


@pytest.mark.usefixtures("enrolled")
def test_an_image_only_onto_a_proven_device(cli: Cli, toml: Path) -> None:
    code, told = cli("image", "none", str(toml.with_name("a1.img")))
    assert code == 3
    assert "Wipe it first" in told["error"]["message"]


@pytest.mark.usefixtures("enrolled")
def test_an_image_that_is_not_there(cli: Cli, toml: Path) -> None:
    cli("wipe", str(toml.with_name("a1.img")), "--confirm", serial(cli, toml))
    code, told = cli("image", "none", str(toml.with_name("a1.img")))
    assert code == 3
    assert "offers no image" in told["error"]["message"]


def test_a_service_that_is_away(cli: Cli, toml: Path, service: BenchService) -> None:
    cli("enrol", "--server", service.url, "--code", CODE)
    service.stop()
    code, done = cli("wipe", str(toml.with_name("a1.img")), "--confirm", serial(cli, toml))
    assert (code, done["verdict"]) == (0, "erased")
    assert "Check the network" in done["undelivered"]
    assert cli("outbox")[1]["waiting"] == 4
    assert cli("outbox", "--send")[0] == 2
    service.start()
    assert cli("outbox", "--send") == (0, {"waiting": 0, "stuck": 0, "trouble": None, "events": []})
    assert service.books.sequence() == [1, 2, 3, 4]


def test_not_enrolled(cli: Cli, toml: Path) -> None:
    for words in (("wipe", str(toml.with_name("a1.img")), "--confirm", serial(cli, toml)), ("run",)):
        code, told = cli(*words)
        assert code == 3
        assert "bench-agent enrol" in told["error"]["message"]
    assert cli("ports")[1]["ports"][0]["phase"] == "unwatched"


def test_a_wrong_code(cli: Cli, service: BenchService) -> None:
    code, told = cli("enrol", "--server", service.url, "--code", "WRONG-CODE")
    assert code == 3
    assert "new one" in told["error"]["message"]


def test_doctor(cli: Cli, service: BenchService) -> None:
    code, told = cli("doctor")
    assert (code, told["fit"]) == (2, False)
    cli("enrol", "--server", service.url, "--code", CODE)
    code, told = cli("doctor")
    assert (code, told["fit"]) == (0, True), told
    looked_at = {check["what"] for check in told["checks"]}
    assert {"journal", "enrolment", "service", "clock", "asset codes", "outbox", "system disks", "port A1"} <= looked_at


def test_doctor_shows_a_wrong_clock_and_a_revoked_bench(cli: Cli, service: BenchService) -> None:
    cli("enrol", "--server", service.url, "--code", CODE)
    service.books.clock_ahead = service.books.clock_ahead.__class__(hours=1)
    clock = next(check for check in cli("doctor")[1]["checks"] if check["what"] == "clock")
    assert (clock["health"], "+3600 s" in clock["text"] or "+3599 s" in clock["text"]) == ("warn", True)
    service.books.revoked |= set(service.books.keys)
    said = [check["text"] for check in cli("doctor")[1]["checks"] if check["what"] == "service"]
    assert "revoked" in said[0]


@pytest.mark.parametrize(
    "words", [("frob",), ("wipe",), ("wipe", "x"), ("plan", "x", "--method", "quick"), ("--frob",), ("scan", "x", "--port", "Z")]
)
def test_usage_errors_are_refusals(cli: Cli, words: tuple[str, ...]) -> None:
    code, told = cli(*words)
    assert code == 3
    assert told["error"]["message"]


def test_a_wrong_configuration(cli: Cli, toml: Path) -> None:
    toml.write_text("stations = 1\n" + toml.read_text())
    code, told = cli("ports")
    assert code == 3
    assert "Did you mean `station`?" in told["error"]["message"]


def test_a_scan_with_no_agent_running(cli: Cli) -> None:
    code, told = cli("scan", "8YZA-BCD7", "--port", "A1")
    assert code == 3
    assert "bench-agent run" in told["error"]["message"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert "bench-agent" in capsys.readouterr().out.split("Example", 1)[1]


def test_every_command_is_known_here() -> None:
    registered = {info.name or info.callback.__name__ for info in app.registered_commands if info.callback}
    assert registered == set(COMMANDS)


@pytest.mark.usefixtures("enrolled")
def test_a_check_list_is_reported(cli: Cli, service: BenchService) -> None:
    code, told = cli("check", LABEL, "keyboard=good", "speakers=worn", "--note", "left one crackles")
    assert (code, told["answers"]) == (0, {"keyboard": "good", "speakers": "worn"})
    assert cli("outbox", "--send")[0] == 0
    reported = service.books.arrivals[-1].data
    assert (reported.type, reported.note) == ("device.checked", "left one crackles")


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize(
    "words", [("NO-CODE", "keyboard=good"), (LABEL, "keyboard"), (LABEL, "keybord=good"), (LABEL, "screen=fine")]
)
def test_a_check_list_that_is_not_right_is_refused(cli: Cli, words: tuple[str, ...]) -> None:
    code, told = cli("check", *words)
    assert (code, bool(told["error"]["message"])) == (3, True)
    assert cli("outbox")[1]["waiting"] == 0


def test_the_inventory_names_this_machine(cli: Cli) -> None:
    code, report = cli("inventory")
    assert (code, report["schema"], report["architecture"]) == (0, "heropstart.hardware/1", platform.machine())
    assert report["memory_bytes"] > 0


@pytest.mark.usefixtures("enrolled")
def test_what_waits_is_written_to_a_file_and_stays(cli: Cli, tmp_path: Path) -> None:
    cli("check", LABEL, "ports=good")
    file = tmp_path / "carried" / "events.json"
    code, told = cli("outbox", "--export", str(file))
    assert (code, told["waiting"]) == (0, 1)
    bundle = read_bundle(file.read_bytes())
    event = BenchEvent.model_validate_json(bundle.events[0].payload)
    assert (event.bench_id, event.data.type) == (bundle.bench_id, "device.checked")


@pytest.mark.usefixtures("enrolled")
def test_run_and_scan_from_another_process(cli: Cli, toml: Path, service: BenchService) -> None:
    with Journal(toml.parent / "bench-state") as journal, AgentProcess(toml) as agent:
        until(lambda: shown(journal, "A1")["phase"] == "waiting_scan")
        code, listed = cli("ports")
        assert (code, listed["running"], listed["ports"][0]["phase"]) == (0, True, "waiting_scan")
        label = listed["ports"][0]["asset_code"]
        assert cli("wipe", str(toml.with_name("a1.img")), "--confirm", listed["ports"][0]["serial"])[0] == 3
        assert cli("scan", "0000-0000", "--port", "A1")[0] == 3
        code, answer = cli("scan", label, "--port", "A1", "--visual", "damaged", "--defect", "hinge", "--defect", "lid")
        assert (code, answer["accepted"]) == (0, True), answer
        until(lambda: shown(journal, "A1")["phase"] == "done")
        until(lambda: len(service.books.arrivals) == 6)
        assert agent.stop() == 0
    inspected = next(event.data for event in service.books.arrivals if event.data.type == "device.inspected")
    assert (inspected.visual, inspected.defects) == ("damaged", ("hinge", "lid"))
    lines = [json.loads(line) for line in toml.with_name("agent.out").read_text().splitlines()]
    assert [line["phase"] for line in lines][-1] == "done"


@pytest.mark.usefixtures("enrolled")
def test_a_scanner_on_stdin(toml: Path) -> None:
    agent = subprocess.Popen(
        [str(Path(sys.executable).with_name("bench-agent")), "--config", str(toml), "run"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert agent.stdin is not None
    try:
        with Journal(toml.parent / "bench-state") as journal:
            until(lambda: shown(journal, "A1")["phase"] == "waiting_scan")
            agent.stdin.write(f"0000-0000\n{shown(journal, 'A1')['asset_code']} good scratched; dusty\n")
            agent.stdin.flush()
            until(lambda: shown(journal, "A1")["phase"] == "done")
    finally:
        agent.terminate()
        output, _ = agent.communicate(timeout=30)
    assert agent.returncode == 0
    assert "A1: done. Erased" in output
    assert "Stopped." in output
