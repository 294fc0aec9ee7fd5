"""The one door to udev: pyudev's types become Uevents here."""

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import pyudev

from agents.detect.uevents import Action, Uevent

_SECTOR: Final = 512
"""sysfs counts in sectors of 512 bytes, whatever the device's own block size."""
_RECEIVE_BUFFER: Final = 16 << 20
"""A dock with many drives sends more at once than the default socket buffer holds."""
_ACTIONS: Final = {"add": Action.ADD, "change": Action.CHANGE, "remove": Action.REMOVE}


class Monitor:
    """Enqueues a Uevent for each event about a whole disk. The callback does nothing else, so that none is missed."""

    def __init__(self, events: "queue.SimpleQueue[Uevent]") -> None:
        self._events = events
        self._context = pyudev.Context()
        self._observer: pyudev.MonitorObserver | None = None

    def start(self) -> None:
        """Listen from now on. Call it before `coldplug`, so that nothing falls between the two."""
        monitor = pyudev.Monitor.from_netlink(self._context)
        monitor.filter_by("block", "disk")
        monitor.set_receive_buffer_size(_RECEIVE_BUFFER)
        self._observer = pyudev.MonitorObserver(monitor, callback=self._enqueue, name="uevents")
        self._observer.start()

    def alive(self) -> bool:
        """Whether events still come in."""
        return self._observer is not None and self._observer.is_alive()

    def stop(self) -> None:
        """Stop listening."""
        if self._observer is not None:
            self._observer.stop()
            self._observer = None

    def coldplug(self) -> Iterator[Uevent]:
        """What is plugged in now, as ADD events."""
        for device in self._context.list_devices(subsystem="block", DEVTYPE="disk"):
            uevent = _uevent(device, Action.ADD)
            if uevent is not None:
                yield uevent

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _enqueue(self, device: pyudev.Device) -> None:
        action = _ACTIONS.get(device.action)
        uevent = None if action is None else _uevent(device, action)
        if uevent is not None:
            self._events.put(uevent)


def describe(path: Path) -> Uevent | None:
    """What udev knows now about one device node; None when it is gone or no device."""
    try:
        return _uevent(pyudev.Devices.from_device_file(pyudev.Context(), str(path)), Action.ADD)
    except (pyudev.DeviceNotFoundError, OSError, ValueError):
        return None


def attached() -> tuple[Uevent, ...]:
    """Every whole disk of this machine, for the list from which a bench's ports are chosen."""
    return tuple(Monitor(queue.SimpleQueue()).coldplug())


def _uevent(device: pyudev.Device, action: Action) -> Uevent | None:
    if device.device_node is None:
        return None
    properties = device.properties
    return Uevent(
        action=action,
        path=Path(device.device_node),
        id_path=properties.get("ID_PATH"),
        diskseq=_integer(properties.get("DISKSEQ")) or _integer(_attribute(device, "diskseq")),
        size_bytes=0 if action is Action.REMOVE else (_integer(_attribute(device, "size")) or 0) * _SECTOR,
        model=properties.get("ID_MODEL"),
    )


def _attribute(device: pyudev.Device, name: str) -> str | None:
    """A sysfs attribute; None when the device has left meanwhile."""
    try:
        return device.attributes.asstring(name)  # type: ignore[no-any-return]  # pyudev has no types
    except (KeyError, OSError, UnicodeDecodeError):
        return None


def _integer(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdigit() else None
