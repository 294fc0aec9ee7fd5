"""Install the Debian packages that a task needs, or name them; the Makefile runs it: `require.py GROUP [--strict]`.

Runs on the system's Python before there is an environment, so it uses the standard library alone. What is there already
(by program or file, whatever brought it) is left alone. It installs as root or through sudo without a password; otherwise
it prints the command to run, and with --strict ends with 1.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SEARCH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
"""Where programs are looked for: an ordinary user's PATH lacks the sbin folders in which disk tools live."""


@dataclass(frozen=True)
class Need:
    """One thing a task cannot do without, and the packages that bring it: the first that the archive knows is taken."""

    present: Callable[[], bool]
    packages: tuple[str, ...]


def program(name: str, *packages: str) -> Need:
    """A program on the path."""
    return Need(lambda: shutil.which(name, path=SEARCH) is not None, packages)


def file(pattern: str, *packages: str) -> Need:
    """A file, by its glob below /."""
    return Need(lambda: any(Path("/").glob(pattern)), packages)


def venv_module() -> Need:
    """The interpreter's own venv; Debian splits ensurepip off."""
    version = f"python3.{sys.version_info.minor}-venv"
    return Need(lambda: find_spec("ensurepip") is not None, (version, "python3-venv"))


BENCH = (
    program("smartctl", "smartmontools"),
    program("hdparm", "hdparm"),
    program("nvme", "nvme-cli"),
    program("lsblk", "util-linux"),
    program("udevadm", "udev"),
)
FINISHING = (
    program("debugfs", "e2fsprogs"),
    program("ntfscp", "ntfs-3g"),
    program("losetup", "mount"),
)
GOLDEN = (
    program("mmdebstrap", "mmdebstrap"),
    program("grub-mkimage", "grub-common"),
    program("mkfs.ext4", "e2fsprogs"),
    program("mkfs.fat", "dosfstools"),
    program("mcopy", "mtools"),
)
GROUPS: dict[str, tuple[Need, ...]] = {
    "setup": (venv_module(), program("npm", "npm"), program("git", "git")),
    "demo": (program("mkfs.ext4", "e2fsprogs"), program("unshare", "util-linux")),
    "golden": GOLDEN,
    "test": (
        *BENCH,
        *FINISHING,
        *GOLDEN,
        program("mkfs.ext4", "e2fsprogs"),
        program("sgdisk", "gdisk"),
        program("bmaptool", "bmap-tools"),
        program("zstd", "zstd"),
        program("mksquashfs", "squashfs-tools"),
        program("pdftotext", "poppler-utils"),
        program("busybox", "busybox-static", "busybox"),
        program("qemu-system-x86_64", "qemu-system-x86"),
        file("boot/vmlinuz-*", "linux-image-amd64", "linux-image-generic"),
        program("chromium", "chromium", "chromium-browser"),
        file("usr/lib/postgresql/*/bin/initdb", "postgresql-15", "postgresql"),
    ),
    "bench": (
        *BENCH,
        program("fio", "fio"),
        program("nwipe", "nwipe"),
        program("shred", "coreutils"),
        program("bmaptool", "bmap-tools"),
        program("zstd", "zstd"),
    ),
}


def missing(group: str) -> list[Need]:
    """What of a group is not there."""
    return [need for need in GROUPS[group] if not need.present()]


def _known(package: str) -> bool:
    """Whether the archive offers a version of the package."""
    told = subprocess.run(
        ["apt-cache", "policy", package], capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    return "Candidate:" in told.stdout and "Candidate: (none)" not in told.stdout


def _choose(needs: Sequence[Need]) -> list[str]:
    """One package for each need."""
    return [next(filter(_known, need.packages), need.packages[0]) for need in needs]


def _administrator() -> list[str] | None:
    """The prefix that makes a command run as root without asking; None when there is no way."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def install(needs: Sequence[Need], prefix: Sequence[str]) -> None:
    """Fetch the archive's lists once, then install what is needed."""
    # Through env, not through this process's environment: sudo would drop it.
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    subprocess.run([*apt, "update"], check=False)  # an unreachable mirror is no obstacle to packages known already
    packages = _choose(needs)
    print("installing", *packages, flush=True)
    subprocess.run([*apt, "install", "-y", "--no-install-recommends", *packages], check=False)


def main(group: str, *, strict: bool) -> int:
    """Returns 0 when all is there, or when the lack is only told of (tests that need it then say so when they skip)."""
    needs = missing(group)
    prefix = _administrator()
    if needs and prefix is not None and shutil.which("apt-get"):
        install(needs, prefix)
        needs = missing(group)
    if not needs:
        return 0
    names = " ".join(need.packages[0] for need in needs)
    print(f"`make {group}` needs these Debian packages: run `apt-get install {names}` as root", file=sys.stderr)
    return 1 if strict else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], strict="--strict" in sys.argv[2:]))
