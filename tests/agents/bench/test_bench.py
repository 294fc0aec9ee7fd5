"""The whole way of a device at a bench, over virtual ports and a real HTTP service."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.bench import Bench, PortPhase
from agents.bench.phases import ENDS
from fleet.contract.certificate_file import verify_file
from fleet.contract.events import WipeFinished
from fleet.contract.kinds import Verdict
from labels import codes
from tests.sim.bench_service import BenchService, until

pytestmark = pytest.mark.process


def test_a_donated_drive_goes_in_and_a_proven_clean_one_comes_out(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService
) -> None:
    bench, drive = start(), plug("A1")
    before = hashlib.sha256(drive.read_bytes()).digest()
    waiting = bench.wait("A1", PortPhase.WAITING_SCAN, 20)
    assert waiting.asset_code is not None
    assert waiting.label is not None
    assert Path(waiting.label).read_bytes().startswith(b"%PDF")
    assert waiting.plan["serial"] == waiting.serial
    assert hashlib.sha256(drive.read_bytes()).digest() == before
    answer = bench.scan("A1", codes.show(waiting.asset_code), defects=("scratched lid",))
    assert answer.accepted, answer.text
    done = bench.wait("A1", ENDS, 30)
    assert (done.phase, done.verdict) == (PortPhase.DONE, Verdict.ERASED), done.message
    assert done.certificate is not None
    certificate = verify_file(Path(done.certificate).read_bytes())
    assert certificate.verification.bytes_read == drive.stat().st_size
    until(lambda: len(service.books.arrivals) == 6)
    kinds = [event.data.type for event in service.books.arrivals]
    assert kinds == ["device.received", "label.printed", "label.scanned", "device.inspected", "wipe.started", "wipe.finished"]
    finished = service.books.arrivals[-1].data
    assert isinstance(finished, WipeFinished)
    assert finished.certificate is not None
