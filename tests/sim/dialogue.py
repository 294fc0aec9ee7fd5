"""A virtual laptop that starts from a stick on USB, and that is talked to over its serial line."""

import os
import re
import select
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.sim.accelerator import kvm_works

MEMORY: Final = "1G"
SYSTEM: Final = (
    "type=1,manufacturer=LENOVO,product=20L5CTO1WW,version=ThinkPad T480,serial=PF1ABCDE",
    "type=3,manufacturer=LENOVO",
)
"""What its SMBIOS says of it."""
_ESCAPES: Final = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\r")


class Line:
    """A serial line: what it says, and what is typed into it."""

    def __init__(self, laptop: "subprocess.Popen[bytes]") -> None:
        assert laptop.stdin is not None
        assert laptop.stdout is not None
        self._laptop, self._to, self._from = laptop, laptop.stdin, laptop.stdout
        self._said = b""
        self.all = b""

    def until(self, words: str, within_s: float) -> str:
        """What it says up to and with these words. Raises AssertionError with all that was said."""
        deadline = time.monotonic() + within_s
        while (at := self._said.find(words.encode())) < 0:
            ready, _, _ = select.select([self._from], [], [], max(0.0, min(1.0, deadline - time.monotonic())))
            data = os.read(self._from.fileno(), 1 << 16) if ready else b""
            self._said += _ESCAPES.sub(b"", data)
            self.all += data
            ended = (ready and not data) or time.monotonic() > deadline
            assert not ended, f"no {words!r} within {within_s:g} s:\n{self._said.decode(errors='replace')[-4000:]}"
        end = at + len(words.encode())
        told, self._said = self._said[:end], self._said[end:]
        return told.decode(errors="replace")

    def type(self, text: str) -> None:
        """Type a line."""
        self._to.write(text.encode() + b"\n")
        self._to.flush()


@contextmanager
def switched_on(stick: Path, disk: Path, serial: str, *, network: bool) -> Iterator[Line]:
    """A laptop with this NVMe disk, started from the stick; switched off hard at the end."""
    smbios = [part for fields in SYSTEM for part in ("-smbios", fields)]
    command: Sequence[str] = [
        *("qemu-system-x86_64", "-machine", "q35", "-accel", "kvm" if kvm_works() else "tcg,thread=multi"),
        *("-smp", "2", "-m", MEMORY, *smbios, "-device", "qemu-xhci"),
        *("-blockdev", f"driver=raw,node-name=stick,file.driver=file,file.filename={stick}"),
        *("-device", "usb-storage,drive=stick,serial=STICK1,removable=on,bootindex=0"),
        *("-blockdev", f"driver=raw,node-name=inner,file.driver=file,file.filename={disk}"),
        *("-device", f"nvme,drive=inner,serial={serial}"),
        *("-nic", "user,model=virtio-net-pci" if network else "none"),
        *("-display", "none", "-monitor", "none", "-no-reboot", "-serial", "stdio"),
    ]
    laptop = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield Line(laptop)
    finally:
        laptop.kill()
        laptop.communicate()
