"""A bench on a virtual machine: a real kernel, genuine uevents, USB disks, the real agent inside and the real service outside.

One machine, one service and one long-lived agent serve all tests here; each test uses disks of its own.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fleet.contract.certificate_file import verify_file
from tests.sim.fleet_service import FleetService, serving
from tests.sim.machine import HOST, Machine, boot
from tests.sim.virtual_bench import WITHIN_S, VirtualBench

pytestmark = pytest.mark.machine

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


def wait_for(file: Path, wanted: list[str]) -> None:
    """Until the file's first lines are these."""
    deadline = time.monotonic() + WITHIN_S
    while (lines := file.read_text().splitlines())[: len(wanted)] != wanted:
        assert time.monotonic() < deadline, f"after {WITHIN_S} s there is {lines}, not {wanted}"
        time.sleep(0.2)


def take_name(machine: Machine, disk: str) -> None:
    """Plug a disk into a position that no port declares, so that the next disk gets another name."""
    machine.plug(disk, f"SER-{disk}", 4)
    machine.run("sh", "-c", "until test -b /dev/sda; do sleep 0.1; done").ok()


def test_genuine_uevents_reach_the_watcher(machine: Machine) -> None:
    machine.make_disk("seen", bytes(MEBIBYTE))
    machine.make_disk("unseen", bytes(MEBIBYTE))
    positions = {"A1": machine.id_path(1), "A2": machine.id_path(2)}
    watcher = machine.start(*machine.interpreter, "-c", WATCHER, json.dumps(positions), log="watcher.log")
    log = machine.share / "watcher.log"
    expected = [json.dumps(["watching"])]
    wait_for(log, expected)

    machine.plug("seen", "SEEN1", 1)
    expected.append(json.dumps(["Arrived", "A1", "/dev/sda"]))
    wait_for(log, expected)
    machine.unplug("seen")
    expected.append(json.dumps(["Left", "A1", "/dev/sda"]))
    wait_for(log, expected)
    take_name(machine, "unseen")
    machine.plug("seen", "SEEN1", 2)
    expected.append(json.dumps(["Arrived", "A2", "/dev/sdb"]))
    wait_for(log, expected)
    machine.unplug("seen")
    machine.unplug("unseen")
    machine.run("kill", str(watcher)).ok()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetService]:
    with serving(tmp_path_factory.mktemp("fleet"), public_host=HOST) as running:
        yield running


@pytest.fixture(scope="module")
def bench(machine: Machine, service: FleetService) -> Iterator[VirtualBench]:
    running = VirtualBench(machine, service, machine.share / "agent.log")
    running.set_up({f"A{at}": machine.id_path(at) for at in (1, 2)}, method="zeros")
    agent = running.run("A1")
    running.until_phase("A1", "empty")
    yield running
    machine.run("kill", str(agent)).ok()


@dataclass(frozen=True)
class Wiped:
    """A disk that went the whole way."""

    disk: str
    serial: str
    file: Path
    code: str
    certificate: bytes


@pytest.fixture(scope="module")
def wiped(bench: VirtualBench) -> Wiped:
    """Hot-plug a disk full of old data, label it, scan the label, and wait for the end."""
    size = 24 * MEBIBYTE + 512
    file = bench.machine.make_disk("donated", os.urandom(size))
    bench.machine.plug("donated", "DONATED1", 1)
    waiting = bench.until_phase("A1", "waiting_scan")
    bench.device(waiting["asset_code"], "received")
    bench.scan_label("A1", waiting["label"])
    done = bench.until("A1", lambda shown: shown["phase"] in {"done", "failed", "unknown", "refused"})
    assert done["phase"] == "done", done
    assert (done["asset_code"], done["serial"], done["capacity_bytes"]) == (waiting["asset_code"], "DONATED1", size)
    certificate = bench.fetch(done["certificate"])
    bench.machine.unplug("donated")
    bench.until_phase("A1", "empty", after=len(bench.seen("A1")) - 1)
    return Wiped("donated", "DONATED1", file, done["asset_code"], certificate)


def test_hot_plugged_disk_is_wiped_and_certified(wiped: Wiped) -> None:
    assert not any(wiped.file.read_bytes()), "every byte, the odd tail included, is the zero that the certificate says"
    certificate = verify_file(wiped.certificate, None)
    assert (certificate.asset_code, certificate.storage.serial) == (wiped.code, wiped.serial)


def test_wipe_is_reported_to_the_service_outside(bench: VirtualBench, wiped: Wiped) -> None:
    bench.device(wiped.code, "wiped")
    assert bench.agent("outbox")["events"] == []


def test_same_disk_under_another_name_is_the_same_device(bench: VirtualBench, wiped: Wiped) -> None:
    devices = len(bench.service.get("/devices")["items"])
    bench.machine.make_disk("stranger", bytes(MEBIBYTE))
    take_name(bench.machine, "stranger")
    bench.machine.plug(wiped.disk, wiped.serial, 2)
    known = bench.until("A2", lambda shown: shown["asset_code"] is not None)
    assert (known["asset_code"], known["path"]) == (wiped.code, "/dev/sdb")
    bench.machine.unplug(wiped.disk)
    bench.machine.unplug("stranger")
    bench.until_phase("A2", "empty", after=len(bench.seen("A2")) - 1)
    assert len(bench.service.get("/devices")["items"]) == devices


def test_unplugged_in_the_middle_fails_and_the_port_takes_the_next(bench: VirtualBench) -> None:
    before = len(bench.seen("A1"))
    bench.machine.make_disk("slow", os.urandom(32 * MEBIBYTE), bytes_per_s=MEBIBYTE)
    bench.machine.plug("slow", "SLOW1", 1)
    waiting = bench.until_phase("A1", "waiting_scan", after=before)
    bench.scan_label("A1", waiting["label"])
    bench.until(
        "A1", lambda shown: shown["phase"] == "wiping" and shown["progress"] and shown["progress"]["done_bytes"] > 0, after=before
    )
    bench.machine.unplug("slow")
    failed = bench.until_phase("A1", "failed", after=before)
    assert failed["verdict"] == "failed"
    bench.device(waiting["asset_code"], "wipe_failed")

    after = len(bench.seen("A1"))
    bench.machine.make_disk("next", os.urandom(MEBIBYTE))
    bench.machine.plug("next", "NEXT1", 1)
    following = bench.until_phase("A1", "waiting_scan", after=after)
    assert following["serial"] == "NEXT1"
    assert following["asset_code"] != waiting["asset_code"]
    bench.machine.unplug("next")
