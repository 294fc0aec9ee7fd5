"""A bench on a virtual machine: a real kernel, genuine uevents, a real USB disk, the real agent and the real service."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sim.machine import Machine, boot

pytestmark = [pytest.mark.machine, pytest.mark.xdist_group("machine")]

MEBIBYTE = 1 << 20
WATCHER = """
import json, sys
from agents.config import PortConfig
from agents.detect.watcher import Watcher
with Watcher([PortConfig(name=name, id_path=place) for name, place in json.loads(sys.argv[1]).items()], settle_s=0.5) as watcher:
    print(json.dumps(["watching"]), flush=True)
    while True:
        event = watcher.events.get()
        print(json.dumps([type(event).__name__, event.port, str(event.path)]), flush=True)
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with boot() as running:
        yield running


def wait_for(file: Path, wanted: list[str], within_s: float = 60) -> None:
    """Until the file's next lines are these."""
    deadline = time.monotonic() + within_s
    while (lines := file.read_text().splitlines())[: len(wanted)] != wanted:
        assert time.monotonic() < deadline, f"after {within_s:g} s there is {lines}, not {wanted}"
        time.sleep(0.2)


def test_genuine_uevents_reach_the_watcher(machine: Machine) -> None:
    machine.make_disk("first", bytes(MEBIBYTE))
    machine.make_disk("other", bytes(MEBIBYTE))
    positions = {"A1": machine.id_path(1), "A2": machine.id_path(2)}
    watcher = machine.start(*machine.interpreter, "-c", WATCHER, json.dumps(positions), log="watcher.log")
    log = machine.share / "watcher.log"
    expected = [json.dumps(["watching"])]
    wait_for(log, expected)

    machine.plug("first", "SER1", 1)
    expected.append(json.dumps(["Arrived", "A1", "/dev/sda"]))
    wait_for(log, expected)
    machine.unplug("first")
    expected.append(json.dumps(["Left", "A1", "/dev/sda"]))
    wait_for(log, expected)
    machine.plug("other", "SER2", 3)  # a position that no port declares is none of the bench's business, but it takes the name
    machine.run("sh", "-c", "until test -b /dev/sda; do sleep 0.1; done").ok()
    machine.plug("first", "SER1", 2)
    expected.append(json.dumps(["Arrived", "A2", "/dev/sdb"]))
    wait_for(log, expected)
    machine.unplug("first")
    machine.unplug("other")
    machine.run("kill", str(watcher)).ok()
