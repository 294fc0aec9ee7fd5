"""A virtual bench: the installed kernel over this system's root folder, with USB and PCIe positions for drives.

`virtme-ng` boots it (read-only root, overlays in memory, udev running); QEMU's machine protocol plugs disks in and out, so that
the kernel inside sends genuine uevents; orders go over TCP to guest.py inside. One machine and one long-lived agent a test
run: a boot takes 16 to 30 s without KVM. Nothing of the host is written but the shared folder.
"""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, Final

from tests.sim import bundle
from tests.sim.accelerator import kernel, kvm_works
from tests.sim.qmp import Qmp

BOOT_S: Final = 300
SHARE: Final = "/run/share"
BUNDLE: Final = "/run/bundle"
WRITABLE: Final = ("/etc", "/tmp", "/var")  # noqa: S108 -- inside, in memory
HOST: Final = "10.0.2.2"
"""This system's loopback, as the guest sees it."""
GUEST: Final = "10.0.2.15/24"
"""The address that user networking has in mind for a guest."""
UNPLUG_S: Final = 30
SLOTS: Final = tuple(
    text
    for number in (1, 2)
    for text in ("-device", f"pcie-root-port,id=slot{number},bus=pcie.0,addr=1{number},chassis={number},slot={number}")
)
"""Two PCIe slots with hot-plug, for NVMe drives."""


@dataclass(frozen=True)
class Ran:
    """A program that ended inside."""

    code: int
    stdout: str
    stderr: str

    def ok(self) -> str:
        """Its output. Raises AssertionError with all it said when it did not end well."""
        assert self.code == 0, f"ended with {self.code}\n{self.stdout}\n{self.stderr}"
        return self.stdout


class Orders:
    """The line to guest.py."""

    def __init__(self, connection: socket.socket, answers: BinaryIO) -> None:
        self._connection = connection
        self._answers = answers
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def give(self, timeout_s: float, **order: Any) -> dict[str, Any]:
        """One order and its answer. Raises TimeoutError when the machine is silent for longer than the order may take."""
        with self._lock:
            number = next(self._ids)
            self._connection.settimeout(timeout_s + 30)
            self._connection.sendall(json.dumps({"id": number, "timeout_s": timeout_s, **order}).encode() + b"\n")
            while (answer := json.loads(self._answers.readline()))["id"] != number:
                pass  # the late answer to an order given up on
            return dict(answer)


class Machine:
    """A running virtual bench. `boot()` makes one."""

    def __init__(self, orders: Orders, qmp: Qmp, folder: Path, cut: Callable[[], None]) -> None:
        self._orders = orders
        self._qmp = qmp
        self._folder = folder
        self.cut_power = cut
        """End the machine from one moment to the next: nothing inside is told, what was not written out is lost."""
        self.share = folder / "share"
        """Seen inside as /run/share."""
        # The base interpreter without any site-packages: what the guest imports comes from the bundle alone.
        self.interpreter = (str(Path(sys.executable).resolve()), "-S")

    # --- programs

    def run(self, *argv: str, env: Mapping[str, str] | None = None, stdin: str = "", timeout_s: float = 120) -> Ran:
        """Run a program inside to its end."""
        answer = self._orders.give(timeout_s, argv=argv, env=self._environment(env), input=stdin)
        return Ran(answer["code"], answer["stdout"], answer["stderr"])

    def start(self, *argv: str, log: str, env: Mapping[str, str] | None = None) -> int:
        """Start a program inside and leave it running, its output in the shared folder's file `log`; returns its process id."""
        order = {"argv": argv, "env": self._environment(env), "log": f"{SHARE}/{log}"}
        return int(self._orders.give(30, **order)["pid"])

    @staticmethod
    def _environment(env: Mapping[str, str] | None) -> dict[str, str]:
        python = {"PYTHONHOME": BUNDLE, "PYTHONPATH": f"{BUNDLE}/{bundle.SITE}", "PYTHONUNBUFFERED": "1"}
        return {**python, "LC_ALL": "C.UTF-8", **(env or {})}

    # --- disks

    @property
    def installation(self) -> Path:
        """The packages that run inside, for another boot."""
        return self.share / "bundle.squashfs"

    def nvme_id_path(self, slot: int) -> str:
        """What udev calls the first namespace of the drive in a PCIe slot (1 or 2); the slot need not be taken."""
        bus = int(self.run("cat", f"/sys/bus/pci/devices/0000:00:1{slot}.0/secondary_bus_number").ok())
        return f"pci-0000:{bus:02x}:00.0-nvme-1"

    def id_path(self, position: int) -> str:
        """What udev calls a USB position (1 to 4): its ID_PATH, which a bench's `[[ports]]` name."""
        controller = self.run("ls", "/sys/bus/pci/drivers/xhci_hcd").ok().split()
        slot = next(name for name in controller if name.startswith("0000:"))
        return f"pci-{slot}-usb-0:{position}:1.0-scsi-0:0:0:0"

    def make_disk(self, name: str, data: bytes | Path, *, bytes_per_s: int | None = None) -> Path:
        """A disk that may be plugged in, full of `data`; `bytes_per_s` slows it down. Returns the file behind it."""
        file = self._folder / f"{name}.img"
        if isinstance(data, Path):
            shutil.copyfile(data, file)
        else:
            file.write_bytes(data)
        self.attach(name, file, bytes_per_s=bytes_per_s)
        return file

    def attach(self, name: str, file: Path, *, bytes_per_s: int | None = None) -> None:
        """A disk that may be plugged in, on a file that is there already."""
        disk = {"driver": "raw", "file": {"driver": "file", "filename": str(file)}}
        if bytes_per_s is None:
            self._qmp.execute("blockdev-add", node_name=name, **disk)
        else:
            limits = {"x-bps-total": bytes_per_s, "x-bps-total-max": bytes_per_s, "x-bps-total-max-length": 1}
            self._qmp.execute("object-add", qom_type="throttle-group", id=f"slow-{name}", **limits)
            self._qmp.execute("blockdev-add", node_name=name, driver="throttle", throttle_group=f"slow-{name}", file=disk)

    def plug(self, name: str, serial: str, position: int) -> None:
        """Plug a disk into a USB position (1 to 4) while the machine runs."""
        self._qmp.execute(
            "device_add", driver="usb-storage", bus="xhci.0", port=str(position), drive=name, id=f"plug-{name}", serial=serial
        )

    def plug_nvme(self, name: str, serial: str, slot: int) -> None:
        """Plug a disk into a PCIe slot (1 or 2) as an NVMe drive with one namespace."""
        self._qmp.execute("device_add", driver="nvme", bus=f"slot{slot}", drive=name, id=f"plug-{name}", serial=serial)

    def unplug(self, name: str) -> None:
        """Pull a disk out, whatever is being written to it."""
        self._qmp.execute("device_del", id=f"plug-{name}")
        self._qmp.wait_event("DEVICE_DELETED", timeout_s=UNPLUG_S, device=f"plug-{name}")


@contextmanager
def boot(memory: str = "1G", cpus: int = 2, *, fitted: Sequence[str] = (), installation: Path | None = None) -> Iterator[Machine]:
    """A booted machine with the bench's packages mounted. Raises AssertionError with the console's words when none comes up.

    `fitted`: options of QEMU for what is built in, beside USB and SLOTS. `installation`: that of an earlier machine.
    """
    # A short path without spaces: sockets need the one, the kernel's command line the other.
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir="/tmp"))
    try:
        share = folder / "share"
        share.mkdir()
        shutil.copyfile(Path(__file__).with_name("guest.py"), share / "guest.py")
        if installation is None:
            bundle.build(share / "bundle.squashfs", folder / "bundle")
        else:
            os.link(installation, share / "bundle.squashfs")
        options = ("--memory", memory, "--cpus", str(cpus)), (*SLOTS, *fitted)
        with socket.create_server(("127.0.0.1", 0)) as door, _emulator(folder, door.getsockname()[1], *options) as emulator:
            connection = _greet(door, emulator, folder / "console")
            with connection, connection.makefile("rb") as answers, Qmp(folder / "qmp") as qmp:
                yield Machine(Orders(connection, answers), qmp, folder, lambda: _cut(emulator))
    finally:
        shutil.rmtree(folder)


@contextmanager
def _emulator(folder: Path, port: int, sizes: Sequence[str], fitted: Sequence[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """QEMU, started by virtme-ng; what its console says goes to a file."""
    spec = find_spec("virtme")
    assert spec is not None
    assert spec.origin is not None
    # The guest's init stands in this package; a link keeps spaces in the project's path off the kernel's command line.
    (folder / "lib").symlink_to(Path(spec.origin).parents[1])
    script = f"{SHARE}/inside.sh"
    (folder / "share" / "inside.sh").write_text(
        "set -e\n"
        "modprobe -a squashfs loop virtio_net\n"
        f"mkdir -p {BUNDLE}\n"
        f"cp {SHARE}/bundle.squashfs /run/bundle.squashfs\n"
        f"mount -o loop,ro /run/bundle.squashfs {BUNDLE}\n"
        "udevadm settle\n"  # it renames the card
        "card=$(ls /sys/class/net | grep -vx lo)\n"
        "busybox ip link set $card up\n"
        f"busybox ip address add {GUEST} dev $card\n"
        f"exec /usr/bin/env python3 {SHARE}/guest.py {port}\n"
    )
    command = [
        *(sys.executable, "-m", "virtme.commands.run", "--kimg", str(kernel()), "--mods", "auto"),
        *(() if kvm_works() else ("--disable-kvm",)),
        *("--disable-microvm", "--force-9p", "--show-boot-console", "--rwdir", f"{SHARE}={folder / 'share'}", "--cwd", "/"),
        *itertools.chain.from_iterable(("--overlay-rwdir", writable) for writable in WRITABLE),
        *(*sizes, "--net", "user", "--no-dhcp", "--script-sh", f"exec sh {script}"),
        *("--qemu-opts", "-device", "qemu-xhci,id=xhci,p2=4,p3=4", "-qmp", f"unix:{folder}/qmp,server=on,wait=off"),
        *fitted,
    ]
    with (folder / "console").open("wb") as log:
        emulator = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(folder / "lib"), "TMPDIR": str(folder)},
            start_new_session=True,
        )
    try:
        yield emulator
    finally:
        _cut(emulator)  # there is nothing inside to save


def _cut(emulator: "subprocess.Popen[bytes]") -> None:
    """Kill QEMU and what started it; a second time does nothing."""
    if emulator.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(emulator.pid, signal.SIGKILL)
        emulator.wait()


def _greet(door: socket.socket, emulator: "subprocess.Popen[bytes]", console: Path) -> socket.socket:
    """Wait for guest.py to call."""
    door.settimeout(1)
    deadline = time.monotonic() + BOOT_S
    while emulator.poll() is None and time.monotonic() < deadline:
        with suppress(TimeoutError):
            return door.accept()[0]
    state = "did not come up" if emulator.poll() is None else "went down again"
    raise AssertionError(f"the machine {state}; its console says:\n{console.read_text(errors='replace')[-3000:]}")


if __name__ == "__main__":
    began = time.monotonic()
    with boot() as machine:
        sys.stdout.write(f"up after {time.monotonic() - began:.1f} s\n")
        sys.stdout.write(machine.run("sh", "-c", " ".join(sys.argv[1:])).ok())
