"""The wipe on loop devices: real block devices with O_DIRECT, exclusive opening and the kernel's own errors."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.config import PortConfig
from agents.detect.watcher import Watcher
from agents.shell.blockdev import DeviceBusy, ReadOnlyDevice
from agents.shell.run import run as command
from agents.wipe import overwrite
from agents.wipe.certificate import Circumstances, certify
from agents.wipe.guard import SystemDisk
from agents.wipe.lanes import CHUNK_BYTES
from agents.wipe.patterns import Keystream
from agents.wipe.plan import plan
from agents.wipe.result import WipeResult
from agents.wipe.runner import run
from fleet.contract.certificate_file import verify_file
from fleet.contract.kinds import IoMode, MediaType, Method, Verdict
from tests.sim.drives import Drive, Memory

pytestmark = pytest.mark.loop
LoopMaker = Callable[..., Path]
MIB = 1 << 20
SIZE = 2 * CHUNK_BYTES + MIB + 512


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overwrite, "SYNC_BYTES", CHUNK_BYTES)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A drive of old data with an odd 512-byte tail."""
    file = tmp_path / "drive.img"
    file.write_bytes(os.urandom(SIZE))
    return file


def at_port(node: Path) -> Drive:
    return Drive(node, PortConfig(name="A1", path=node))


def wipe(drive: Drive, memory: Memory, method: Method = Method.OVERWRITE_RANDOM, **options: object) -> WipeResult:
    return run(plan(drive.identity, method=method), drive.clear(), hooks=memory, **options)


@contextmanager
def mounted(source: Path, target: Path, *options: str) -> Iterator[None]:
    target.mkdir(exist_ok=True)
    command(["mount", *options, str(source), str(target)], timeout_s=20)
    try:
        yield
    finally:
        command(["umount", str(target)], timeout_s=20)


@pytest.mark.parametrize("method", [method for method in Method if method.by_host])
def test_every_byte_is_what_the_certificate_says(file: Path, loop_device: LoopMaker, memory: Memory, method: Method) -> None:
    drive = at_port(loop_device(file))
    result = wipe(drive, memory, method)
    key = Ed25519PrivateKey.generate()
    signed = certify(result, drive.identity, Circumstances("8YZABCDE", "Org", "an", "bench worker", "Bench 1, A1"), key)
    proven = verify_file(signed.file, key.public_key())
    assert (proven.storage.media, proven.storage.capacity_bytes) == (MediaType.LOOP, SIZE)
    assert proven.sanitization.io_mode is proven.verification.io_mode is IoMode.DIRECT
    expected = bytearray(SIZE)
    if method is Method.OVERWRITE_RANDOM:
        for offset in range(0, SIZE, CHUNK_BYTES):
            Keystream(memory.key or b"").fill(memoryview(expected)[offset : offset + CHUNK_BYTES], offset)
    assert file.read_bytes() == expected


def test_a_mounted_loop_device_is_refused(file: Path, loop_device: LoopMaker, tmp_path: Path) -> None:
    command(["mkfs.ext4", "-q", "-F", str(file)], timeout_s=30)
    drive = at_port(loop_device(file))
    with mounted(drive.file, tmp_path / "mnt"):
        before = file.read_bytes()
        with pytest.raises(SystemDisk, match="mounted at"):
            drive.clear()
        assert file.read_bytes() == before


def test_mounted_after_the_clearance_it_is_busy(file: Path, loop_device: LoopMaker, tmp_path: Path, memory: Memory) -> None:
    command(["mkfs.ext4", "-q", "-F", str(file)], timeout_s=30)
    drive = at_port(loop_device(file))
    clearance = drive.clear()
    with mounted(drive.file, tmp_path / "mnt"), pytest.raises(DeviceBusy):
        run(plan(drive.identity), clearance, hooks=memory)
    assert memory.said == []


def test_nothing_can_be_mounted_while_it_is_wiped(file: Path, loop_device: LoopMaker, tmp_path: Path) -> None:
    command(["mkfs.ext4", "-q", "-F", str(file)], timeout_s=30)
    drive = at_port(loop_device(file))
    codes: list[int] = []

    class Mounting(Memory):
        def issued(self, key: bytes | None) -> None:
            super().issued(key)
            codes.append(subprocess.run(["mount", str(drive.file), str(tmp_path)], check=False, capture_output=True).returncode)

    assert wipe(drive, Mounting()).verdict is Verdict.ERASED
    assert codes == [32]


def test_a_loop_device_swapped_to_is_refused(file: Path, loop_device: LoopMaker) -> None:
    drive = at_port(loop_device(file))
    command(["mkswap", "-q", str(drive.file)], timeout_s=20)
    command(["swapon", str(drive.file)], timeout_s=20)
    try:
        with pytest.raises(SystemDisk, match="swap"):
            drive.clear()
    finally:
        command(["swapoff", str(drive.file)], timeout_s=20)


def test_a_held_loop_device_is_refused(file: Path, loop_device: LoopMaker) -> None:
    lower = at_port(loop_device(file))
    loop_device(lower.file)
    with pytest.raises(SystemDisk, match="under loop"):
        lower.clear()


def test_a_read_only_loop_device_is_refused(file: Path, loop_device: LoopMaker) -> None:
    drive = at_port(loop_device(file, "--read-only"))
    with pytest.raises(ReadOnlyDevice):
        drive.clear()


def test_a_backing_file_cut_short_is_noticed_at_the_port(file: Path, loop_device: LoopMaker) -> None:
    drive = at_port(loop_device(file))
    with Watcher([drive.port], settle_s=0.02, poll_s=0.02) as watcher:
        arrived = watcher.events.get(timeout=5)

        class Cutting(Memory):
            def synced(self, offset: int) -> None:
                super().synced(offset)
                os.truncate(file, offset // 2)
                assert arrived.gone.wait(5)

        result = wipe(drive, Cutting(), gone=arrived.gone)
    assert (result.verdict, result.medium_failure) == (Verdict.FAILED, False)


def test_a_backing_file_cut_short_is_noticed_without_a_watcher(file: Path, loop_device: LoopMaker) -> None:
    class Cutting(Memory):
        def verifying(self) -> None:
            os.truncate(file, CHUNK_BYTES)

    result = wipe(at_port(loop_device(file)), Cutting())
    assert result.verdict is Verdict.FAILED
    assert result.mismatched_bytes > 0 or result.errors


def test_an_error_of_the_block_layer_is_a_failed_medium(tmp_path: Path, loop_device: LoopMaker, memory: Memory) -> None:
    """A sparse file on a file system too small for it: the kernel itself refuses the writes that no longer fit."""
    folder = tmp_path / "small"
    with mounted(Path("tmpfs"), folder, "-t", "tmpfs", "-o", "size=6m"):
        (folder / "drive.img").touch()
        os.truncate(folder / "drive.img", 16 * MIB)
        node = loop_device(folder / "drive.img")
        result = wipe(at_port(node), memory)
        command(["losetup", "--detach", str(node)], timeout_s=20)
        (folder / "drive.img").unlink()
    assert (result.verdict, result.medium_failure) == (Verdict.FAILED, True)
    assert "at byte" in result.errors[0]


def test_two_jobs_cannot_wipe_one_drive(file: Path, loop_device: LoopMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.shell.blockdev._LOCK_PATIENCE_S", 0.05)
    drive = at_port(loop_device(file))
    second = drive.clear()
    refused: list[BaseException] = []

    class Second(Memory):
        def issued(self, key: bytes | None) -> None:
            super().issued(key)
            try:
                run(plan(drive.identity), second, hooks=Memory())
            except DeviceBusy as busy:
                refused.append(busy)

    assert wipe(drive, Second(), stop=threading.Event()).verdict is Verdict.ERASED
    assert len(refused) == 1
