import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.config import PortConfig
from agents.identify.host import Host
from agents.identify.identify import NotWholeDisk, identify
from agents.identify.system import uses_of_block, uses_of_file
from agents.identify.virtual import NothingAttached, virtual_serial
from agents.shell.blockdev import DeviceGone, NotAStorageDevice
from agents.shell.run import run
from fleet.contract.kinds import MediaType

LoopMaker = Callable[..., Path]
MIB = 1 << 20


def port(path: Path) -> PortConfig:
    return PortConfig(name="V1", path=path)


def sized(path: Path, size: int) -> Path:
    path.touch()
    os.truncate(path, size)
    return path


def test_a_plain_file_is_a_drive(tmp_path: Path) -> None:
    file = sized(tmp_path / "drive.img", MIB + 3)
    found = identify(port(file), file)
    assert found.serial == "V" + hashlib.sha256(os.fsencode(file)).hexdigest()[:10]
    assert (found.storage.media, found.storage.capacity_bytes, found.port) == (MediaType.FILE, MIB + 3, "V1")
    assert (found.is_block, found.read_only, found.diskseq) == (False, False, None)


def test_the_same_file_by_a_link_is_the_same_drive(tmp_path: Path) -> None:
    file = sized(tmp_path / "drive.img", MIB)
    link = tmp_path / "link"
    link.symlink_to(file)
    assert identify(port(link), link).storage == identify(port(file), file).storage


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("/dev/null")])
def test_neither_file_nor_block_device_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "x")
    with pytest.raises(NotAStorageDevice):
        identify(port(tmp_path / "x"), tmp_path / "x")


def test_an_empty_file_is_refused_and_a_missing_one_gone(tmp_path: Path) -> None:
    with pytest.raises(NothingAttached):
        identify(port(tmp_path / "x"), sized(tmp_path / "x", 0))
    with pytest.raises(DeviceGone):
        identify(port(tmp_path / "none"), tmp_path / "none")


@pytest.mark.loop
class TestLoop:
    def test_it_has_the_serial_of_its_file_under_any_name(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        file = sized(tmp_path / "drive.img", MIB)
        first, second = loop_device(file), loop_device(file)
        assert first != second
        one, other = identify(port(first), first), identify(port(second), second)
        assert one.serial == other.serial == virtual_serial(file)
        assert one.storage.key == other.storage.key
        assert one.diskseq != other.diskseq

    def test_read_only_is_seen(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        node = loop_device(sized(tmp_path / "drive.img", MIB), "--read-only")
        assert identify(port(node), node).read_only

    def test_a_partition_is_refused_and_its_disk_named(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        node = loop_device(sized(tmp_path / "drive.img", 8 * MIB))
        run(["addpart", str(node), "1", "2048", "8192"], timeout_s=20)
        partition = Path(f"{node}p1")
        try:
            with pytest.raises(NotWholeDisk, match=node.name):
                identify(port(partition), partition)
        finally:
            run(["delpart", str(node), "1"], timeout_s=20)

    def test_its_own_use_counts_and_not_that_of_the_disk_below(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        node = loop_device(sized(tmp_path / "drive.img", MIB))
        number = identify(port(node), node).number
        assert number is not None
        assert uses_of_block(number, Host()) == ()

    def test_a_file_that_is_attached_is_used(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        file = sized(tmp_path / "drive.img", MIB)
        node = loop_device(file)
        assert uses_of_file(file, Host()) == (f"attached as {node.name}",)

    def test_a_mounted_twin_on_the_same_file_counts(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        file = sized(tmp_path / "drive.img", 8 * MIB)
        run(["mkfs.ext4", "-q", "-F", str(file)], timeout_s=30)
        first, twin = loop_device(file), loop_device(file)
        (tmp_path / "mnt").mkdir()
        run(["mount", str(twin), str(tmp_path / "mnt")], timeout_s=20)
        try:
            number = identify(port(first), first).number
            assert number is not None
            assert uses_of_block(number, Host()) == (f"the same file is {twin.name}: mounted at {tmp_path / 'mnt'}",)
        finally:
            run(["umount", str(tmp_path / "mnt")], timeout_s=20)

    def test_a_loop_device_on_a_loop_device_is_a_use(self, tmp_path: Path, loop_device: LoopMaker) -> None:
        lower = loop_device(sized(tmp_path / "drive.img", MIB))
        upper = loop_device(lower)
        number = identify(port(lower), lower).number
        assert number is not None
        assert uses_of_block(number, Host()) == (f"under {upper.name} ({lower})",)
