"""Small disks that a test finishes: a real ext4 with what a Linux system has, a real NTFS as a sysprepped Windows leaves it."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from agents.image.finish.windows_disk import RECOVERY
from agents.image.gpt import LINUX_DATA, new_table
from agents.image.partitions import HEAD_BYTES, DiskTable, Entry
from fleet.contract.finishing import (
    ForgetHostKeys,
    GrowPartition,
    LicenceBasis,
    NewGuids,
    RecordProfile,
    SetHostName,
    SetLocale,
    SetMachineId,
    SoftwareProfile,
    WindowsLicence,
)
from fleet.contract.kinds import Compression, DeviceKind, ImageKind
from fleet.contract.manifest import ImageManifest

MIB = 1 << 20
CODE = "VC2R1YD6"
ESP = UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
MSR = UUID("e3c9e316-0b5c-4db8-817d-f92df00215ae")
BASIC_DATA = UUID("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7")
PROFILE = SoftwareProfile(name="family", office="LibreOffice", browser="Firefox", languages=("nl", "fr"))
LICENCE = WindowsLicence(basis=LicenceBasis.FIRMWARE_KEY, edition="Windows 11 Pro")
LINUX_STEPS = (
    NewGuids(),
    GrowPartition(number=2),
    SetMachineId(partition=2),
    SetHostName(partition=2),
    ForgetHostKeys(partition=2),
    SetLocale(partition=2),
    RecordProfile(partition=2),
)
OLD_ID = b"0123456789abcdef0123456789abcdef\n"
SYSTEM: Mapping[str, bytes] = {
    "etc/hostname": b"golden\n",
    "etc/hosts": b"127.0.0.1\tlocalhost\n127.0.1.1\tgolden\n10.0.0.7\tprinter\n",
    "etc/fstab": b"LABEL=root / ext4 defaults 0 1\n",
    "etc/machine-id": OLD_ID,
    "var/lib/dbus/machine-id": OLD_ID,
    "var/lib/systemd/random-seed": b"seed",
    "etc/ssh/ssh_host_ed25519_key": b"secret",
    "etc/ssh/ssh_host_ed25519_key.pub": b"public",
    "etc/ssh/sshd_config": b"# kept\n",
    "etc/default/keyboard": b'XKBLAYOUT="us"\n',
    "etc/console-setup/cached_setup_keyboard.sh": b"cached\n",
    "usr/lib/locale/locale-archive": b"nl_BE.utf8\0fr_BE.utf8\0",
    "usr/share/zoneinfo/Europe/Brussels": b"TZif2",
}


def manifest(**changes: Any) -> ImageManifest:
    plain: dict[str, Any] = {
        "name": "golden",
        "version": "1",
        "language": "nl-BE",
        "target_kind": DeviceKind.LAPTOP,
        "file_name": "golden.img",
        "compression": Compression.NONE,
        "size_bytes": 64 * MIB,
        "file_bytes": 64 * MIB,
        "sha256": "0" * 64,
        "file_sha256": "0" * 64,
        "bmap": "",
        "made_at": datetime(2026, 1, 1, tzinfo=UTC),
        "finish": LINUX_STEPS,
        "software_profile": PROFILE,
    }
    return ImageManifest(**(plain | changes))


def windows_manifest(**changes: Any) -> ImageManifest:
    return manifest(**({"kind": ImageKind.WINDOWS, "licence": LICENCE, "finish": (), "software_profile": None} | changes))


def write_table(disk: Path, spans: tuple[tuple[UUID, int, int], ...]) -> None:
    """Partitions (type, first MiB, MiB after the last) as they stand once an image was written: the table ends with the disk."""
    size = disk.stat().st_size
    entries = tuple(
        Entry(number, kind, UUID(int=number), first * 2048, end * 2048 - 1, 0, b"\0" * 72)
        for number, (kind, first, end) in enumerate(spans, start=1)
    )
    with disk.open("r+b") as file:
        for change in new_table(size, UUID(int=99), ()):
            file.seek(change.offset)
            file.write(change.data)
        file.seek(0)
        empty = DiskTable.parse(file.read(HEAD_BYTES))
        for change in replace(empty, entries=entries).patches(size):
            file.seek(change.offset)
            file.write(change.data)


def linux_disk(folder: Path, disk_bytes: int = 96 * MIB, files: Mapping[str, bytes] = SYSTEM) -> Path:
    """A disk of `disk_bytes` with an image of 64 MiB on it: an empty partition, and a system on ext4 in the last 30 MiB."""
    disk, root = folder / "disk.img", folder / "root"
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    with disk.open("wb") as file:
        file.truncate(disk_bytes)
    options = f"offset={33 * MIB},root_owner=0:0"
    argv = ["/sbin/mkfs.ext4", "-q", "-F", "-L", "root", "-b", "4096", "-E", options, "-d", root, disk, f"{30 * 1024}k"]
    subprocess.run(argv, check=True, capture_output=True)
    write_table(disk, ((ESP, 1, 33), (LINUX_DATA, 33, 63)))
    return disk


@contextmanager
def attached(disk: Path, start: int = 0, length: int = 0) -> Iterator[Path]:
    """A loop device over a part of a file."""
    argv = ["losetup", "--find", "--show", "--offset", str(start), "--sizelimit", str(length), str(disk)]
    node = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    try:
        yield Path(node)
    finally:
        subprocess.run(["losetup", "--detach", node], check=True, capture_output=True)


def windows_disk(folder: Path, *, recovery_last: bool = True, disk_bytes: int = 96 * MIB) -> Path:
    """A disk with an image of 64 MiB as Windows Setup lays it out: ESP, MSR, C: with \\Windows\\Panther, recovery."""
    disk = folder / "windows.img"
    with disk.open("wb") as file:
        file.truncate(disk_bytes)
        file.seek((56 if recovery_last else 19) * MIB)
        file.write(b"recovery tools" * 1000)
    tail = ((BASIC_DATA, 20, 56), (RECOVERY, 56, 60)) if recovery_last else ((BASIC_DATA, 24, 60), (RECOVERY, 19, 23))
    write_table(disk, ((ESP, 1, 17), (MSR, 17, 18), *tail))
    first, end = tail[0][1:]
    with attached(disk, first * MIB, (end - first) * MIB) as node:
        subprocess.run(["/sbin/mkntfs", "-q", "-F", "-Q", node], check=True, capture_output=True)
        mounted = folder / "c"
        mounted.mkdir()
        subprocess.run(["ntfs-3g", node, mounted], check=True, capture_output=True)
        try:
            (mounted / "Windows" / "Panther").mkdir(parents=True)
        finally:
            subprocess.run(["umount", mounted], check=True, capture_output=True)
    return disk
