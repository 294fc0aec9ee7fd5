import errno
import fcntl
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.shell import ioctls
from agents.shell.blockdev import (
    BlockDevice,
    DeviceBusy,
    DeviceGone,
    IoFault,
    NotAStorageDevice,
    ReadOnlyDevice,
    aligned_buffer,
    open_device,
)
from fleet.contract.kinds import IoMode

MIB = 1 << 20
LoopMaker = Callable[..., Path]


def filled(path: Path, size: int) -> Path:
    path.write_bytes(os.urandom(size))
    return path


def test_what_is_written_is_read_and_reaches_the_file(tmp_path: Path) -> None:
    file = filled(tmp_path / "drive", 2 * MIB)
    with open_device(file, write=True) as device, memoryview(aligned_buffer(MIB)) as view:
        view[:] = b"x" * MIB
        device.write_at(view, MIB)
        device.flush()
        view[:] = bytes(MIB)
        assert device.read_into(view, MIB) == MIB
        assert bytes(view) == b"x" * MIB
        assert device.size_bytes == 2 * MIB
        assert not device.is_block
    assert file.read_bytes()[MIB:] == b"x" * MIB


def test_a_file_of_odd_size_is_buffered_and_whole(tmp_path: Path) -> None:
    file = filled(tmp_path / "drive", MIB + 777)
    with open_device(file, write=True) as device, memoryview(aligned_buffer(MIB)) as view:
        assert device.io_mode is IoMode.BUFFERED
        device.write_at(view[:777], MIB)
        device.flush()
        assert device.read_into(view, MIB) == 777
    assert file.read_bytes()[MIB:] == bytes(777)


def test_a_range_is_zeroed_and_no_more(tmp_path: Path) -> None:
    file = filled(tmp_path / "drive", 3 * MIB)
    before = file.read_bytes()
    with open_device(file, write=True) as device:
        device.zero(MIB, MIB)
        device.flush()
    assert file.read_bytes() == before[:MIB] + bytes(MIB) + before[2 * MIB :]


def test_a_locked_file_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.shell.blockdev._LOCK_PATIENCE_S", 0.1)
    file = filled(tmp_path / "drive", 4096)
    with file.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(DeviceBusy, match="locked by another program"):
            open_device(file, write=True)
    open_device(file, write=True).close()


def test_what_is_not_there_is_gone(tmp_path: Path) -> None:
    with pytest.raises(DeviceGone):
        open_device(tmp_path / "none", write=False)


def test_a_folder_or_a_character_device_is_no_storage(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/null")):
        with pytest.raises(NotAStorageDevice):
            open_device(path, write=True)


def test_closing_twice_does_not_close_another_file(tmp_path: Path) -> None:
    device = open_device(filled(tmp_path / "drive", 4096), write=False)
    device.close()
    with (tmp_path / "other").open("wb") as other:
        device.close()
        other.write(b"still open")


def test_a_file_replaced_or_cut_short_is_no_longer_present(tmp_path: Path) -> None:
    file = filled(tmp_path / "drive", 8192)
    with open_device(file, write=True) as device:
        assert device.present()
        os.truncate(file, 4096)
        assert not device.present()
        os.truncate(file, 8192)
        assert device.present()
        filled(tmp_path / "other", 8192).rename(file)
        assert not device.present()


def test_a_disk_whose_size_or_blocks_change_is_no_longer_present(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a format may leave them. A file stands for the disk: the kernel's answers are the test's."""
    file = filled(tmp_path / "disk", 8192)
    told = {"size_bytes": 8192, "logical_block_bytes": 512}
    monkeypatch.setattr(ioctls, "size_bytes", lambda _fd: told["size_bytes"])
    monkeypatch.setattr(ioctls, "logical_block_bytes", lambda _fd: told["logical_block_bytes"])
    with open_device(file, write=True) as held:
        disk = BlockDevice(file, held.fd, is_block=True, io_mode=IoMode.DIRECT)
        assert disk.present()
        told["logical_block_bytes"] = 4096
        assert not disk.present()
        told |= {"size_bytes": 4096, "logical_block_bytes": 512}
        assert not disk.present()


def test_a_fault_names_its_byte(tmp_path: Path) -> None:
    with open_device(filled(tmp_path / "drive", 8192), write=False) as device, memoryview(aligned_buffer(4096)) as view:
        with pytest.raises(IoFault, match=r"at byte 4096") as caught:
            device.write_at(view, 4096)
        assert (caught.value.errno, caught.value.offset) == (errno.EBADF, 4096)


@pytest.mark.loop
class TestLoopDevice:
    def test_it_is_direct_exclusive_and_has_its_tail(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        node = loop_device(filled(tmp_path / "drive", MIB + 512))
        with open_device(node, write=True) as device, memoryview(aligned_buffer(MIB)) as view:
            assert (device.is_block, device.io_mode, device.size_bytes) == (True, IoMode.DIRECT, MIB + 512)
            assert fcntl.fcntl(device.fd, fcntl.F_GETFL) & os.O_DIRECT
            device.write_at(view[:512], MIB)
            device.flush()
            assert device.read_into(view, MIB) == 512
            with pytest.raises(OSError, match="busy"):
                os.close(os.open(node, os.O_RDONLY | os.O_EXCL))
        assert (tmp_path / "drive").read_bytes()[MIB:] == bytes(512)

    def test_a_claimed_device_is_busy(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        node = loop_device(filled(tmp_path / "drive", MIB))
        claim = os.open(node, os.O_RDONLY | os.O_EXCL)
        try:
            with pytest.raises(DeviceBusy):
                open_device(node, write=True)
        finally:
            os.close(claim)

    def test_a_device_that_is_held_cannot_be_mounted(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        file = tmp_path / "drive"
        os.truncate(filled(file, 0), 8 * MIB)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(file)], check=True)
        node = loop_device(file)
        with open_device(node, write=True):
            mounted = subprocess.run(["mount", str(node), str(tmp_path)], check=False, capture_output=True, text=True)
        assert mounted.returncode != 0, subprocess.run(["umount", str(tmp_path)], check=False)

    def test_a_read_only_device_is_refused_for_writing(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        node = loop_device(filled(tmp_path / "drive", MIB), "--read-only")
        with pytest.raises(ReadOnlyDevice):
            open_device(node, write=True)
        open_device(node, write=False).close()

    def test_the_kernel_zeroes_a_range(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        file = filled(tmp_path / "drive", 3 * MIB)
        before = file.read_bytes()
        with open_device(loop_device(file), write=True) as device:
            device.zero(512, MIB)
            device.flush()
        assert file.read_bytes() == before[:512] + bytes(MIB) + before[512 + MIB :]
