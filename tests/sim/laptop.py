"""A virtual laptop: it starts from a SATA disk by its own firmware, and what it says on its serial line is listened to."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.sim.accelerator import kvm_works

OVMF: Final = Path("/usr/share/OVMF")
MEMORY: Final = "1G"


@contextmanager
def started(disk: Path, console: Path, *, uefi: bool = False) -> Iterator["subprocess.Popen[bytes]"]:
    """A laptop with this disk, switched on; switched off hard at the end. `console` gets what its serial line says."""
    firmware = ["-drive", f"if=pflash,format=raw,readonly=on,file={OVMF / 'OVMF_CODE.fd'}"] if uefi else []
    command = [
        *("qemu-system-x86_64", "-machine", "q35", "-accel", "kvm" if kvm_works() else "tcg", "-m", MEMORY, *firmware),
        *("-blockdev", f"driver=raw,node-name=disk,file.driver=file,file.filename={disk}", "-device", "ide-hd,drive=disk"),
        *("-display", "none", "-monitor", "none", "-nic", "none", "-no-reboot", "-serial", f"file:{console}"),
    ]
    laptop = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield laptop
    finally:
        laptop.kill()
        laptop.communicate()


def heard(laptop: "subprocess.Popen[bytes]", console: Path, words: str, within_s: float) -> str:
    """What the serial line says up to these words. Raises AssertionError with all that was said when they do not come."""
    deadline = time.monotonic() + within_s
    said = ""
    while laptop.poll() is None and time.monotonic() < deadline:
        said = console.read_text(errors="replace") if console.exists() else ""
        if words in said:
            return said
        time.sleep(0.5)
    raise AssertionError(f"no {words!r} within {within_s:g} s; it ended with {laptop.poll()} and said:\n{said[-3000:]}")
