"""`make live-image`: a stick that starts a donated computer with the bench agent on it.

Three partitions matter: the system (read-only, so that a stick that is pulled out is not harmed), `hpst-state` with the agent's
journal and certificates, and HEROPSTART, which every computer shows: its `live.toml` names the service, `reports/` receives what
is handed over, `images/` may hold images.

Needs root, and an apt that can fetch Debian.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

from agents.image.gpt import LINUX_DATA
from tools.images import disk, rootfs
from tools.images.profile import BASE_PACKAGES

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LABEL = "heropstart"
SHARED_TYPE = UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
"""Microsoft basic data: the kind of partition that every system shows to its people."""
PACKAGES = (
    *(package for group in BASE_PACKAGES for package in group),
    *("python3", "util-linux", "login", "systemd-resolved", "libnss-resolve"),
    *("smartmontools", "hdparm", "nvme-cli", "sg3-utils", "mmc-utils", "lshw", "dmidecode", "pciutils"),
    *("e2fsprogs", "ntfs-3g", "gdisk", "zstd"),
)
SYSTEM_MIB = 1400
STATE_MIB = 128
AGENT = "opt/heropstart"
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_SCREEN = "console=tty0"
_SERIAL = "console=tty0 console=ttyS0,115200 systemd.mask=getty@tty1.service"
"""On the serial line the dialogue is there alone: two of them would wait for the same disks."""
_BOOT = "root=LABEL=heropstart ro quiet systemd.volatile=state"


def grub(default: int) -> str:
    """The menu: the screen, or the serial line for machines without one."""
    entries = "".join(
        f'menuentry "{title}" {{\n  linux /vmlinuz {_BOOT} {console}\n  initrd /initrd.img\n}}\n'
        for title, console in (("Heropstart", _SCREEN), ("Heropstart (serial line)", _SERIAL))
    )
    return f"set timeout=3\nset default={default}\nsearch --no-floppy --set=root --label {LABEL}\n{entries}"


def make(image: Path, *, serial: bool, shared_mib: int, config: Path | None, debian: Path | None) -> None:
    """Build a stick's image; a tree of Debian that is kept in `debian` saves most of the time. Raises what the steps raise."""
    image.parent.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(int(time.time())))
    with tempfile.TemporaryDirectory(prefix="live-", dir=image.parent) as name:
        work = Path(name)
        tree = work / "root"
        _debian(tree, debian, work)
        _configure(tree, grub(int(serial)))
        _agent(tree, work)
        extras = (
            disk.Extra(LINUX_DATA, "state", STATE_MIB, _state),
            disk.Extra(SHARED_TYPE, "shared", shared_mib, lambda file: _shared(file, config or HERE / "files" / "live.toml")),
        )
        disk.build(tree, work / "disk.img", SYSTEM_MIB, LABEL, work, label=LABEL, extras=extras)
        (work / "disk.img").replace(image)


def _debian(tree: Path, kept: Path | None, work: Path) -> None:
    if kept is None:
        rootfs.bootstrap(PACKAGES, tree, work)
        return
    if not kept.exists():
        fresh = kept.with_suffix(".unfinished")
        shutil.rmtree(fresh, ignore_errors=True)
        rootfs.bootstrap(PACKAGES, fresh, work)
        fresh.replace(kept)
    subprocess.run(["cp", "--archive", str(kept), str(tree)], check=True)


def _configure(tree: Path, menu: str) -> None:
    for source in sorted((HERE / "files" / "root").rglob("*")):
        if source.is_file():
            target = tree / source.relative_to(HERE / "files" / "root")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            target.chmod(0o755 if "bin" in target.parent.name else 0o644)
    for folder in ("media/heropstart", "boot/efi", "boot/grub"):
        (tree / folder).mkdir(parents=True, exist_ok=True)
    (tree / "boot/grub/grub.cfg").write_text(menu)
    shutil.copytree(tree / "usr/lib/grub/i386-pc", tree / "boot/grub/i386-pc", ignore=shutil.ignore_patterns("*.image"))
    resolv = tree / "etc/resolv.conf"
    resolv.unlink(missing_ok=True)
    resolv.symlink_to("../run/systemd/resolve/stub-resolv.conf")
    rootfs.inside(tree, "systemctl", "enable", "systemd-networkd.service", "systemd-resolved.service")
    rootfs.inside(tree, "passwd", "--lock", "root")
    rootfs.forget(tree)


def _agent(tree: Path, work: Path) -> None:
    """The agent and what it needs, for the Python of the tree, from the same locked and hashed requirements as a bench's."""
    told = subprocess.run(
        ["chroot", str(tree), "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        check=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    target = tree / AGENT
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target), "--no-compile"]
    platforms = [option for platform in _PLATFORMS for option in ("--platform", platform)]
    of_tree = ["--only-binary=:all:", "--implementation=cp", f"--python-version={told.stdout.strip()}", *platforms]
    locked = ["--require-hashes", "-r", str(ROOT / "requirements-bench.txt")]
    subprocess.run([*pip, *of_tree, "--no-deps", *locked], check=True)
    wheels = work / "wheels"
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(ROOT)]
    subprocess.run(build, check=True)
    subprocess.run([*pip, "--no-deps", *map(str, wheels.glob("*.whl"))], check=True)
    rootfs.inside(tree, "python3", "-m", "compileall", "-q", f"/{AGENT}")


def _state(file: Path) -> None:
    subprocess.run(["mkfs.ext4", "-q", "-F", "-L", "hpst-state", "-m", "0", str(file)], check=True)


def _shared(file: Path, config: Path) -> None:
    subprocess.run(["mkfs.fat", "-F", "32", "-n", "HEROPSTART", str(file)], check=True, capture_output=True)
    subprocess.run(["mmd", "-i", str(file), "::reports", "::images"], check=True)
    subprocess.run(["mcopy", "-i", str(file), str(config), "::live.toml"], check=True)


def main() -> int:
    """The command line; 1 when it cannot be done here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("image", type=Path, help="the file to make")
    parser.add_argument("--config", type=Path, help="the live.toml that goes onto it")
    parser.add_argument("--shared-mib", type=int, default=2048, help="size of the partition for reports and images")
    parser.add_argument("--serial", action="store_true", help="speak on the serial line unless told otherwise at the start")
    parser.add_argument("--debian", type=Path, help="keep the tree of Debian in this folder, or take it from there")
    asked = parser.parse_args()
    if os.geteuid() != 0:
        print("`make live-image` needs root: the stick's files belong to root. Run it with sudo.", file=sys.stderr)
        return 1
    began = time.monotonic()
    make(asked.image, serial=asked.serial, shared_mib=asked.shared_mib, config=asked.config, debian=asked.debian)
    size, held = asked.image.stat().st_size, asked.image.stat().st_blocks * 512
    print(f"{asked.image}: {size >> 20} MiB, {held >> 20} MiB of it in use, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
