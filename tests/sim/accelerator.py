"""Can this machine run a guest on KVM? A device node that opens is no proof: some hosts let it open and hang at boot."""

import os
import subprocess
from functools import cache
from pathlib import Path

PATIENCE_S = 6
"""A kernel without a root panics within a second or two under KVM."""


@cache
def kernel() -> Path:
    """The newest installed kernel."""
    return max(Path("/boot").glob("vmlinuz-*"), key=lambda path: path.stat().st_mtime)


@cache
def kvm_works() -> bool:
    """Boot a kernel without a root until it panics and QEMU ends; one that does not get there does not work."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    command = ["qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", "-m", "256M", "-kernel", kernel(), "-append", "panic=-1"]
    silent = ["-no-reboot", "-display", "none", "-monitor", "none", "-serial", "none", "-nic", "none"]
    try:
        done = subprocess.run([*command, *silent], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
