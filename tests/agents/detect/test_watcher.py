import os
import queue
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents.config import PortConfig
from agents.detect import watcher as watcher_module
from agents.detect.monitor import Monitor, attached, describe
from agents.detect.occupants import Arrived, Left, PortEvent
from agents.detect.uevents import Action, Uevent
from agents.detect.virtual import observe
from agents.detect.watcher import Watcher

LoopMaker = Callable[..., Path]
USB = PortConfig(name="A1", id_path="usb-1")
STICK = Uevent(Action.ADD, Path("/dev/sdb"), "usb-1", 5, 1 << 30)


class Kernel:
    """A source of uevents in place of udev's."""

    def __init__(self, events: "queue.SimpleQueue[Uevent]") -> None:
        self.events, self.present, self.started, self.dead = events, [], 0, False

    def start(self) -> None:
        self.started += 1
        self.dead = False

    def stop(self) -> None:
        self.dead = True

    def alive(self) -> bool:
        return self.started > 0 and not self.dead

    def coldplug(self) -> list[Uevent]:
        return list(self.present)


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> list[Kernel]:
    monkeypatch.setattr(watcher_module, "_RESCAN_S", 0.2)
    return []


@pytest.fixture
def usb(kernels: list[Kernel]) -> Iterator[tuple[Watcher, Kernel]]:
    def source(events: "queue.SimpleQueue[Uevent]") -> Kernel:
        kernels.append(Kernel(events))
        return kernels[-1]

    watcher = Watcher([USB], settle_s=0.05, poll_s=0.02, source=source)
    yield watcher, kernels[0]
    watcher.stop()


def after(watcher: Watcher) -> PortEvent:
    return watcher.events.get(timeout=5)


def test_what_is_there_at_the_start_arrives(usb: tuple[Watcher, Kernel]) -> None:
    watcher, kernel = usb
    kernel.present = [STICK]
    watcher.start()
    event = after(watcher)
    assert isinstance(event, Arrived)
    assert (event.port, event.path) == ("A1", Path("/dev/sdb"))


def test_plugging_in_and_out_is_told_in_order(usb: tuple[Watcher, Kernel], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher_module, "_RESCAN_S", 60)
    watcher, kernel = usb
    watcher.start()
    kernel.events.put(STICK)
    arrived = after(watcher)
    assert isinstance(arrived, Arrived)
    kernel.events.put(Uevent(Action.REMOVE, Path("/dev/sdb"), "usb-1", 5, 0))
    assert arrived.gone.wait(5)
    assert isinstance(after(watcher), Left)


def test_a_lost_message_is_healed_by_the_next_full_look(usb: tuple[Watcher, Kernel]) -> None:
    watcher, kernel = usb
    watcher.start()
    kernel.present = [STICK]
    assert isinstance(after(watcher), Arrived)
    kernel.present = []
    assert isinstance(after(watcher), Left)


def test_a_monitor_that_died_is_started_again(usb: tuple[Watcher, Kernel]) -> None:
    watcher, kernel = usb
    watcher.start()
    kernel.dead = True
    kernel.present = [STICK]
    assert isinstance(after(watcher), Arrived)
    assert kernel.started == 2


def test_a_file_appears_changes_and_disappears(tmp_path: Path) -> None:
    file = tmp_path / "drive.img"
    with Watcher([PortConfig(name="V1", path=file)], settle_s=0.05, poll_s=0.02) as watcher:
        file.write_bytes(bytes(4096))
        first = after(watcher)
        assert isinstance(first, Arrived)
        os.truncate(file, 8192)
        assert isinstance(after(watcher), Left)
        assert first.gone.is_set()
        assert isinstance(after(watcher), Arrived)
        file.unlink()
        assert isinstance(after(watcher), Left)
        assert watcher.events.empty()


def test_writing_to_a_file_does_not_make_it_another_one(tmp_path: Path) -> None:
    file = tmp_path / "drive.img"
    file.write_bytes(bytes(4096))
    before = observe(file)
    file.open("r+b").close()
    with file.open("r+b") as handle:
        handle.write(b"x" * 4096)
    assert observe(file) == before is not None


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("/dev/null")])
def test_a_folder_an_empty_file_and_a_character_device_are_nothing(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "x")
    assert observe(tmp_path / "x") is None


@pytest.mark.loop
def test_a_loop_device_is_there_while_its_file_is(tmp_path: Path, loop_device: LoopMaker) -> None:
    file = tmp_path / "drive.img"
    file.write_bytes(bytes(1 << 20))
    node = loop_device(file)
    before = observe(node)
    assert before is not None
    os.truncate(file, 4096)
    assert observe(node) not in {before, None}
    file.unlink()
    assert observe(node) is None


@pytest.mark.loop
def test_udev_describes_what_is_attached(tmp_path: Path, loop_device: LoopMaker) -> None:
    file = tmp_path / "drive.img"
    file.write_bytes(bytes(1 << 20))
    node = loop_device(file)
    found = next(uevent for uevent in attached() if uevent.path == node)
    assert (found.action, found.size_bytes, found.id_path) == (Action.ADD, 1 << 20, None)
    assert found.diskseq is not None
    assert describe(node) == found
    assert describe(tmp_path / "none") is None


@pytest.mark.process
def test_the_real_monitor_starts_and_stops() -> None:
    with Monitor(queue.SimpleQueue()) as monitor:
        assert monitor.alive()
    assert not monitor.alive()
