"""A bench finishes the image that it wrote for the device that it labelled, and says so to the service."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.bench import Bench
from agents.bench.phases import PortPhase
from agents.config import BenchConfig
from agents.image.build import build_disk_image
from agents.image.manifest import save_manifest
from agents.image.pack import ImageLabel, ImageTraits, pack_image
from fleet.contract.events import ImageFailed, ImageFinished
from fleet.contract.finishing import FinishStep, SetHostName
from fleet.contract.kinds import DeviceKind
from fleet.contract.signing import sign
from tests.sim.bench_service import BenchService, until

pytestmark = pytest.mark.process
MIB = 1 << 20


def publish(config: BenchConfig, service: BenchService, folder: Path, *steps: FinishStep) -> None:
    config.images_dir.mkdir(parents=True)
    build_disk_image(folder / "raw.img", {"etc/hostname": b"golden\n"}, size_bytes=8 * MIB)
    label = ImageLabel("demo", "1.0", "nl-BE", DeviceKind.LAPTOP)
    packed = pack_image(
        folder / "raw.img", config.images_dir, label, datetime(2026, 3, 1, tzinfo=UTC), traits=ImageTraits(finish=steps)
    )
    save_manifest(config.images_dir, sign(packed.manifest, service.books.service_key))


def imaged(bench: Bench) -> str:
    """Scan the label of port A1; its code."""
    code = bench.wait("A1", PortPhase.WAITING_SCAN, 20).asset_code
    assert code is not None
    assert bench.scan("A1", code).accepted
    return code


def awaited(service: BenchService, kind: type) -> object:
    """The first event of a kind."""
    until(lambda: any(isinstance(event.data, kind) for event in service.books.arrivals), timeout_s=60)
    return next(event.data for event in service.books.arrivals if isinstance(event.data, kind))


def test_the_image_gets_the_devices_name(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService, config: BenchConfig, tmp_path: Path
) -> None:
    publish(config, service, tmp_path, SetHostName(partition=1))
    bench = start(image="demo")
    drive = plug("A1", 12 * MIB)
    code = imaged(bench)
    told = awaited(service, ImageFinished)
    assert isinstance(told, ImageFinished)
    name = f"{code[:4]}-{code[4:]}".lower()
    assert {(step.target, step.value) for step in told.finishing} == {("/etc/hostname", name), ("/etc/hosts", name)}
    command = ["/sbin/debugfs", "-R", "cat /etc/hostname", f"{drive}?offset={MIB}"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == f"{name}\n"


def test_what_cannot_be_finished_has_failed(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService, config: BenchConfig, tmp_path: Path
) -> None:
    publish(config, service, tmp_path, SetHostName(partition=2))
    bench = start(image="demo")
    plug("A1", 12 * MIB)
    imaged(bench)
    told = awaited(service, ImageFailed)
    assert isinstance(told, ImageFailed)
    assert "no partition 2" in told.reason
