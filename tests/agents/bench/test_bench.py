"""The whole way of a device at a bench, over virtual ports and a real HTTP service."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.bench import Bench, PortPhase
from agents.bench.lock import AgentRunning
from agents.bench.phases import ENDS
from agents.config import BenchConfig
from agents.identify.virtual import virtual_serial
from agents.image.manifest import save_manifest
from agents.image.pack import ImageLabel, pack_image
from agents.journal import codes as leased_codes
from agents.journal import jobs, scans
from agents.journal.db import Journal, Transaction
from agents.journal.profile import NotEnrolled
from agents.journal.scans import NewScan
from agents.shell.clock import now
from fleet.contract.bench import Recognised
from fleet.contract.certificate_file import verify_file
from fleet.contract.events import DeviceInspected, WipeFinished
from fleet.contract.kinds import Compression, DeviceKind, Verdict, VisualResult
from fleet.contract.signing import sign
from labels import codes
from tests.sim.bench_service import BenchService, until

pytestmark = pytest.mark.process

CODE_OF_OLD = next(code for number in range(5000, 5100) if (code := codes.from_number(number)))
RECEIVED = ["device.received", "label.printed", "label.scanned", "device.inspected"]


def make_image(folder: Path, service: BenchService, tmp_path: Path) -> bytes:
    """A small image in the bench's folder, its manifest signed by the service; its raw bytes."""
    folder.mkdir(parents=True)
    raw = tmp_path / "raw.img"
    with raw.open("wb") as file:
        file.truncate(8 << 20)
        file.seek(1 << 20)
        file.write(b"a file system" * 1000)
    label = ImageLabel("demo", "1.0", "nl-BE", DeviceKind.DRIVE)
    packed = pack_image(raw, folder, label, datetime(2026, 3, 1, tzinfo=UTC), Compression.ZSTD)
    save_manifest(folder, sign(packed.manifest, service.books.service_key))
    return raw.read_bytes()


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


def types(service: BenchService) -> list[str]:
    return [event.data.type for event in service.books.arrivals]


def confirmed(bench: Bench, port: str, **seen: object) -> str:
    """Wait for the label of a port, and scan it; its code."""
    code = bench.wait(port, PortPhase.WAITING_SCAN, 20).asset_code
    assert code is not None
    answer = bench.scan(port, code, **seen)  # type: ignore[arg-type]
    assert answer.accepted, answer.text
    return code


def test_several_ports_at_once(start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService) -> None:
    bench = start()
    for port in ("A1", "A2", "A3"):
        plug(port)
    found = {confirmed(bench, port) for port in ("A1", "A2", "A3")}
    assert len(found) == 3
    assert {bench.wait(port, ENDS, 30).phase for port in ("A1", "A2", "A3")} == {PortPhase.DONE}
    until(lambda: len(service.books.arrivals) == 18)
    assert service.books.sequence() == list(range(1, 19))
    for code in found:
        of_one = [event.data.type for event in service.books.arrivals if event.data.asset_code == code]
        assert of_one == [*RECEIVED, "wipe.started", "wipe.finished"]


def test_another_devices_label_confirms_nothing(start: Callable[..., Bench], plug: Callable[..., Path]) -> None:
    bench, drive = start(), plug("A1")
    plug("A2")
    other = bench.wait("A2", PortPhase.WAITING_SCAN, 20).asset_code
    before = drive.read_bytes()
    own = bench.wait("A1", PortPhase.WAITING_SCAN, 20).asset_code
    for scanned in (other, "WX11A45", "", "http://example.org/", f"HTTPS://OTHER.EXAMPLE.ORG/A/{own}"):
        answer = bench.scan("A1", str(scanned))
        assert not answer.accepted, scanned
        assert answer.text
    assert bench.wait("A1", PortPhase.WAITING_SCAN, 1)
    assert drive.read_bytes() == before


def test_the_labels_address_confirms_too(start: Callable[..., Bench], plug: Callable[..., Path]) -> None:
    bench = start()
    plug("A1")
    code = bench.wait("A1", PortPhase.WAITING_SCAN, 20).asset_code
    assert bench.scan_anywhere(f"HTTPS://FLEET.EXAMPLE.ORG/A/{code}").accepted
    assert bench.wait("A1", ENDS, 30).phase is PortPhase.DONE


def test_a_scan_where_nothing_waits_is_refused(start: Callable[..., Bench]) -> None:
    bench = start()
    assert "waits for no label" in bench.scan("A1", "8YZABCD7").text
    assert not bench.scan_anywhere("01234567").accepted


def test_somebody_who_may_not_work_here(start: Callable[..., Bench], plug: Callable[..., Path]) -> None:
    bench = start()
    plug("A1")
    code = bench.wait("A1", PortPhase.WAITING_SCAN, 20).asset_code
    assert "may not work at this bench" in bench.scan("A1", str(code), operator="mallory").text


def test_unplugged_in_the_middle_has_failed_and_the_port_takes_the_next(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService
) -> None:
    bench = start()
    drive = plug("A1", 1 << 30, sparse=True)
    confirmed(bench, "A1")
    until(lambda: bench.ports()[0].progress is not None)
    drive.unlink()
    until(lambda: "wipe.finished" in types(service))
    finished = service.books.arrivals[-1].data
    assert isinstance(finished, WipeFinished)
    assert (finished.verdict, finished.certificate, finished.medium_failure) == (Verdict.FAILED, None, False)
    assert "unplugged" in str(finished.reason)
    bench.wait("A1", PortPhase.EMPTY, 20)
    plug("A1")
    confirmed(bench, "A1")
    assert bench.wait("A1", ENDS, 30).phase is PortPhase.DONE


def test_unplugged_before_its_label_is_scanned_nothing_is_lost(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService
) -> None:
    bench, drive = start(), plug("A1")
    first = bench.wait("A1", PortPhase.WAITING_SCAN, 20).asset_code
    aside = drive.rename(drive.with_suffix(".aside"))
    bench.wait("A1", PortPhase.EMPTY, 20)
    aside.rename(drive)
    assert bench.wait("A1", PortPhase.WAITING_SCAN, 20).asset_code == first
    until(lambda: types(service) == ["device.received", "label.printed"])


def test_service_down_for_the_whole_job(start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService) -> None:
    service.stop()
    bench = start()
    plug("A1")
    code = confirmed(bench, "A1")
    assert bench.wait("A1", ENDS, 60).phase is PortPhase.DONE
    assert service.books.arrivals == []
    until(lambda: bench.service_trouble is not None)
    service.start()
    until(lambda: len(service.books.arrivals) == 6)
    assert types(service) == [*RECEIVED, "wipe.started", "wipe.finished"]
    assert service.books.sequence() == [1, 2, 3, 4, 5, 6]
    assert {event.data.asset_code for event in service.books.arrivals} == {code}


def test_the_same_drive_at_another_port_under_another_name(
    start: Callable[..., Bench], tmp_path: Path, config: BenchConfig, service: BenchService
) -> None:
    drive = tmp_path / "the-drive"
    drive.write_bytes(b"old data" * 1000)
    one, two = config.port("A1").path, config.port("A2").path
    assert one is not None
    assert two is not None
    bench = start()
    one.symlink_to(drive)
    code = confirmed(bench, "A1")
    bench.wait("A1", ENDS, 30)
    wiped = drive.read_bytes()
    one.unlink()
    two.symlink_to(drive)
    again = bench.wait("A2", PortPhase.WAITING_SCAN, 20)
    assert again.asset_code == code
    assert drive.read_bytes() == wiped, "a known device is not wiped again without a new confirmation"
    until(lambda: len(service.books.arrivals) == 6)
    assert bench.scan("A2", code).accepted
    assert bench.wait("A2", ENDS, 30).phase is PortPhase.DONE
    until(lambda: len(service.books.arrivals) == 9)
    assert types(service) == [*RECEIVED, "wipe.started", "wipe.finished", "label.scanned", "wipe.started", "wipe.finished"]


def test_the_same_serial_at_two_ports_is_refused_at_the_second(
    start: Callable[..., Bench], plug: Callable[..., Path], config: BenchConfig
) -> None:
    bench, drive = start(), plug("A1")
    bench.wait("A1", PortPhase.WAITING_SCAN, 20)
    twin = config.port("A2").path
    assert twin is not None
    twin.symlink_to(drive)
    refused = bench.wait("A2", PortPhase.REFUSED, 20)
    assert "is at port A1 already" in refused.message
    assert "Take one of the two out" in refused.message
    twin.unlink()
    bench.wait("A2", PortPhase.EMPTY, 20)
    assert bench.wait("A1", PortPhase.WAITING_SCAN, 1)


def test_a_device_that_only_the_service_knows(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService
) -> None:
    drive = plug("A1")
    key = f"serial:virtual drive|{virtual_serial(drive)}|{drive.stat().st_size}"
    service.books.devices[key] = Recognised(asset_code=CODE_OF_OLD, kind=DeviceKind.LAPTOP, state="tested", label_scanned=True)
    bench = start()
    assert confirmed(bench, "A1") == CODE_OF_OLD
    bench.wait("A1", ENDS, 30)
    until(lambda: len(service.books.arrivals) == 3)
    assert types(service) == ["label.scanned", "wipe.started", "wipe.finished"]


def test_scrap_is_set_aside_and_not_wiped(start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService) -> None:
    bench, drive = start(), plug("A1")
    before = drive.read_bytes()
    confirmed(bench, "A1", visual=VisualResult.SCRAP, defects=("burnt",), weight_g=300)
    assert "recycling" in bench.wait("A1", PortPhase.SET_ASIDE, 20).message
    until(lambda: types(service) == RECEIVED)
    inspected = service.books.arrivals[-1]
    assert isinstance(inspected.data, DeviceInspected)
    assert (inspected.data.visual, inspected.data.defects, inspected.data.weight_g) == (VisualResult.SCRAP, ("burnt",), 300)
    assert inspected.operator == "an"
    assert drive.read_bytes() == before


def test_no_codes_left(start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService, journal: Journal) -> None:
    service.stop()
    with journal.transaction() as tx:
        for number in range(codes_left(journal_tx=tx)):
            leased_codes.take(tx, f"other-{number}")
    bench = start()
    plug("A1")
    refused = bench.wait("A1", PortPhase.REFUSED, 30)
    assert "Connect it to the service" in refused.message


def codes_left(journal_tx: Transaction) -> int:
    return leased_codes.free(journal_tx)


def test_a_bench_that_is_not_enrolled_does_not_start(config: BenchConfig, journal: Journal) -> None:
    with pytest.raises(NotEnrolled, match="bench-agent enrol"):
        Bench(config, journal).start()


def test_two_agents_at_one_bench(start: Callable[..., Bench], config: BenchConfig, journal: Journal) -> None:
    start()
    with pytest.raises(AgentRunning):
        Bench(config, journal).start()


def test_an_old_scan_does_not_confirm_what_stands_there_now(
    start: Callable[..., Bench], plug: Callable[..., Path], journal: Journal, config: BenchConfig
) -> None:
    """Made while no agent ran: whoever scanned did not look at the device that is there now."""
    plug("A1")
    with Bench(config, journal, settle_s=0.1) as first:
        code = str(first.wait("A1", PortPhase.WAITING_SCAN, 20).asset_code)
    with journal.transaction() as tx:
        number = scans.post(tx, NewScan("A1", code), now())
    second = start()
    second.wait("A1", PortPhase.WAITING_SCAN, 20)
    with journal.transaction() as tx:
        answer = scans.answer_of(tx, number)
    assert answer is not None
    assert not answer.accepted
    assert second.wait("A1", PortPhase.WAITING_SCAN, 1)


def test_a_journal_that_cannot_be_written_shows_at_the_port_and_certifies_nothing(
    start: Callable[..., Bench], plug: Callable[..., Path], journal: Journal, service: BenchService
) -> None:
    bench = start()
    plug("A1")
    bench.wait("A1", PortPhase.WAITING_SCAN, 20)
    with journal.transaction() as tx:
        tx.execute("CREATE TRIGGER broken BEFORE UPDATE ON jobs WHEN new.state = 'done' BEGIN SELECT json('{'); END")
    confirmed(bench, "A1")
    failed = bench.wait("A1", ENDS, 20)
    assert failed.phase is PortPhase.FAILED
    assert "journal" in failed.message
    assert types(service)[4:] in ([], ["wipe.started"])
    with journal.transaction() as tx:
        assert [job.state for job in jobs.unfinished(tx)] == ["verifying"]
        tx.execute("DROP TRIGGER broken")
    bench.stop()
    assert start().wait("A1", PortPhase.DONE, 20).certificate, "the run was proven, and its last word is kept"
    until(lambda: types(service)[4:] == ["wipe.started", "wipe.finished"])


def test_an_image_follows_a_proven_wipe(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService, config: BenchConfig, tmp_path: Path
) -> None:
    raw = make_image(config.images_dir, service, tmp_path)
    bench = start(image="demo")
    drive = plug("A1", 16 << 20)
    confirmed(bench, "A1")
    until(lambda: "written and read back" in bench.ports()[0].message, timeout_s=30)
    assert bench.wait("A1", ENDS, 10).phase is PortPhase.DONE
    until(lambda: types(service)[-1:] == ["image.finished"])
    assert types(service) == [*RECEIVED, "wipe.started", "wipe.finished", "image.started", "image.finished"]
    assert drive.read_bytes()[1 << 20 : 2 << 20] == raw[1 << 20 : 2 << 20]


def test_an_altered_image_is_reported_and_the_wipe_stays_proven(
    start: Callable[..., Bench], plug: Callable[..., Path], service: BenchService, config: BenchConfig, tmp_path: Path
) -> None:
    make_image(config.images_dir, service, tmp_path)
    (packed,) = [path for path in config.images_dir.iterdir() if not path.name.endswith(".json")]
    packed.write_bytes(packed.read_bytes()[:-100])
    bench = start(image="demo")
    plug("A1", 16 << 20)
    confirmed(bench, "A1")
    until(lambda: types(service)[-1:] == ["image.failed"], timeout_s=30)
    assert types(service)[-3:] == ["wipe.finished", "image.started", "image.failed"]
    assert "etch the image again" in bench.wait("A1", ENDS, 10).message
