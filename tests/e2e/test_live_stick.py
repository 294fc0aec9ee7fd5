"""A donated laptop started from the live stick: read, wiped, reported; and carried to the service by hand where no network is."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.contract.certificate_file import verify_file
from fleet.contract.hardware import CheckItem
from fleet.contract.kinds import Method
from tests.sim.dialogue import Line, switched_on
from tests.sim.fleet_service import LOGIN, ORGANISATION, FleetService, serving
from tests.sim.machine import HOST
from tools import require
from tools.live.stick import PACKAGES

pytestmark = pytest.mark.machine

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
SHARED_MIB = 64
START_S = 600
"""Emulated, on a busy machine; some 60 s where nothing else runs."""
OLD = b"photographs of the grandchildren "
SERIAL = "NVME-OLD-1"


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image of `make live-image`, speaking on the serial line. Debian's part is made once for each state of its recipe."""
    lacking = [need.packages[0] for need in require.missing("golden")]
    if lacking:
        pytest.skip(f"needs Debian's {', '.join(lacking)}")
    recipe = [ROOT / "tools/images/rootfs.py", ROOT / "tools/images/sources.py", ROOT / "tools/images/profile.py"]
    state = hashlib.sha256("".join((*PACKAGES, *(path.read_text() for path in recipe))).encode()).hexdigest()[:12]
    image = tmp_path_factory.mktemp("stick") / "stick.img"
    (ROOT / "build/live").mkdir(parents=True, exist_ok=True)
    options = ["--serial", "--shared-mib", str(SHARED_MIB), "--debian", str(ROOT / f"build/live/debian-{state}")]
    command = [sys.executable, "-m", "tools.live.stick", str(image), *options]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    return image


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetService]:
    with serving(tmp_path_factory.mktemp("service"), public_host=HOST) as running:
        yield running


def shared_at(stick: Path) -> int:
    """Where the stick's shared partition begins, in bytes."""
    told = subprocess.run(["sgdisk", "--info=5", str(stick)], check=True, capture_output=True, text=True).stdout
    found = re.search(r"First sector: (\d+)", told)
    assert found is not None, told
    return int(found[1]) * 512


def put_config(stick: Path, folder: Path, server: str) -> None:
    """Edit the stick's live.toml, as an admin does on any computer."""
    file = folder / "live.toml"
    file.write_text((ROOT / "tools/live/files/live.toml").read_text().replace("https://fleet.example.org", server))
    file.write_text(file.read_text() + f'operator = "{LOGIN}"\n')
    subprocess.run(["mcopy", "-o", "-i", f"{stick}@@{shared_at(stick)}", str(file), "::live.toml"], check=True)


def handed_over(stick: Path, folder: Path) -> dict[str, bytes]:
    """What lies in the stick's `reports`, as any computer shows it."""
    target = folder / "reports"
    target.mkdir(exist_ok=True)
    subprocess.run(["mcopy", "-n", "-i", f"{stick}@@{shared_at(stick)}", "::reports/*", str(target)], check=True)
    return {path.name: path.read_bytes() for path in target.iterdir()}


def old_disk(file: Path) -> Path:
    piece = (OLD * (MIB // len(OLD) + 1))[:MIB]
    with file.open("wb") as disk:
        for _ in range(64):
            disk.write(piece)
    return file


def wiped(line: Line, serial: str) -> str:
    """The dialogue from the plan to the proven wipe; the device's code."""
    assert "nvme format" in line.until("Code: ", START_S)
    code = line.until("   (label", 60).split()[0]
    line.until("scan or type its code", 60)
    line.type(code)
    line.until("How does it look?", 60)
    line.type("good")
    line.until(f"Type its serial number {serial}", 60)
    line.type("another one")
    line.until("That is not its serial number.", 60)
    line.until(f"Type its serial number {serial}", 60)
    line.type(serial)
    line.until("/dev/nvme0n1: erased", START_S)
    line.until("Image to write", 60)
    line.type("")
    line.until("Answer the check-list now?", 60)
    return code


def proven(files: dict[str, bytes], serial: str) -> None:
    """There is a certificate of the disk among what was handed over, and it holds."""
    kept = (data for name, data in files.items() if name.endswith(".json") and not name.startswith("events-"))
    certificates = [verify_file(data) for data in kept]
    (certificate,) = [found for found in certificates if found.storage.serial == serial]
    assert certificate.sanitization.method is Method.NVME_FORMAT_USER_DATA


def test_a_laptop_is_wiped_by_its_stick_and_reported(stick: Path, service: FleetService, tmp_path: Path) -> None:
    disk = old_disk(tmp_path / "inner.img")
    put_config(stick, tmp_path, f"http://{HOST}:{service.port}")
    with switched_on(stick, disk, SERIAL, network=True) as line:
        assert "LENOVO ThinkPad T480 (20L5CTO1WW), serial PF1ABCDE" in line.until("One-time code", START_S)
        line.type(service.fleet("bench", "code", "-o", ORGANISATION))
        line.until(f"Enrolled for {ORGANISATION}.", 120)
        code = wiped(line, SERIAL)
        line.type("yes")
        for item in CheckItem:
            line.until("(a)bsent: ", 60)
            line.type("w" if item is CheckItem.KEYBOARD else "g")
        line.until("Note: ", 60)
        line.type("stained")
        line.until("Reported to the service", 120)
        line.until("Enter starts again", 60)
    assert OLD not in disk.read_bytes()
    device = service.get(f"/devices/{code.replace('-', '')}")["device"]
    assert (device["kind"], device["state"], device["serial"]) == ("laptop", "wiped", "PF1ABCDE")
    condition = service.get(f"/devices/{device['asset_code']}/condition")
    assert condition["report"]["model"] == "ThinkPad T480 (20L5CTO1WW)"
    assert [drive["serial"] for drive in condition["report"]["storages"]] == [SERIAL]
    assert condition["answers"]["keyboard"] == "worn"
    proven(handed_over(stick, tmp_path), SERIAL)


def test_without_a_network_the_events_are_carried_by_hand(stick: Path, service: FleetService, tmp_path: Path) -> None:
    disk, serial = old_disk(tmp_path / "inner.img"), "NVME-OLD-2"
    with switched_on(stick, disk, serial, network=False) as line:
        line.until("No service now", START_S)
        code = wiped(line, serial)
        line.type("")
        line.until("Hand that file to your admin.", 120)
        line.until("Enter starts again", 60)
    assert OLD not in disk.read_bytes()
    files = handed_over(stick, tmp_path)
    proven(files, serial)
    (name,) = [name for name in files if name.startswith("events-")]
    assert "applied" in service.fleet("bench", "intake", str(tmp_path / "reports" / name))
    device = service.get(f"/devices/{code.replace('-', '')}")["device"]
    assert (device["kind"], device["state"]) == ("laptop", "wiped")
    again = service.fleet("bench", "intake", str(tmp_path / "reports" / name))
    assert re.search(r": \d+ duplicate\.", again)
