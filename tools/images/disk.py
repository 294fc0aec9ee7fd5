"""A disk that both a BIOS and a UEFI start: GPT with GRUB's core in a BIOS boot partition, an ESP, and ext4 labelled `root`.

GRUB is put in place by hand, as its grub-bios-setup does (GRUB 2.06, util/setup.c), because that program wants the nodes of the
partitions of a block device, which a plain file and many containers lack.
"""

import os
import shutil
import struct
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from agents.image.gpt import LINUX_DATA, new_table
from agents.image.partitions import HEAD_BYTES, DiskTable, Entry
from tools.images.rootfs import early_grub

MIB = 1 << 20
SECTOR = 512
BIOS_BOOT = UUID("21686148-6449-6e6f-744e-656564454649")
ESP = UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
CORE_AT = MIB
ESP_AT, ESP_BYTES = 2 * MIB, 64 * MIB
ROOT_AT = ESP_AT + ESP_BYTES
ROOT_NUMBER = 3
_CORE_SECTOR_FIELD = 0x5C
"""GRUB_BOOT_MACHINE_KERNEL_SECTOR: where boot.img finds the core."""
_DRIVE_CHECK = 0x66
"""GRUB_BOOT_MACHINE_DRIVE_CHECK: for hard disks its jump becomes two NOPs, since some BIOSes pass no sound drive number."""
_BOOT_CODE = 440
_FIRST_BLOCK_LIST = SECTOR - 12
"""In the core's first sector: where its rest begins (GRUB_BOOT_MACHINE_LIST_SIZE)."""
_MODULES = ("biosdisk", "part_gpt", "ext2", "search", "search_label", "configfile", "normal", "linux", "echo", "test")
_NAMESPACE = UUID("6f0d6f5a-3d4f-5f0e-9a53-6c1f7e2d8b11")


@dataclass(frozen=True)
class Extra:
    """A partition after the system's. `fill` is given a file of its size to make a file system in."""

    kind: UUID
    part: str
    mib: int
    fill: Callable[[Path], None]


def build(
    root: Path, raw: Path, root_mib: int, name: str, work: Path, *, label: str = "root", extras: Sequence[Extra] = ()
) -> None:
    """Make a raw disk image of a tree.

    Args:
        root: the tree, with GRUB's files in it.
        raw: the file to make.
        root_mib: size of the system's partition.
        name: what GUIDs and UUIDs are derived from: the same image has the same ones (each device gets its own later).
        work: a folder for what is needed meanwhile.
        label: of the system's file system; GRUB finds it by that.
        extras: what follows it on the disk.

    Raises:
        subprocess.CalledProcessError: a program did not succeed, such as for a tree larger than the partition.
    """
    after = ROOT_AT + root_mib * MIB
    size = after + (sum(extra.mib for extra in extras) + 1) * MIB
    raw.unlink(missing_ok=True)
    with raw.open("wb") as disk:
        disk.truncate(size)
    _ext4(root, raw, root_mib, name, label)
    _esp(root, raw, name, work, early_grub(label))
    spans = [(BIOS_BOOT, "bios", CORE_AT, ESP_AT), (ESP, "esp", ESP_AT, ROOT_AT), (LINUX_DATA, "root", ROOT_AT, after)]
    for extra in extras:
        start = spans[-1][3]
        spans.append((extra.kind, extra.part, start, start + extra.mib * MIB))
        _extra(extra, raw, start, work)
    _table(raw, size, name, spans)
    _bios(root, raw, work, early_grub(label))


def _extra(extra: Extra, raw: Path, start: int, work: Path) -> None:
    """Made in a sparse file of its own, then copied to its place, holes left as holes."""
    file = work / f"{extra.part}.img"
    with file.open("wb") as made:
        made.truncate(extra.mib * MIB)
    extra.fill(file)
    argv = ["dd", f"if={file}", f"of={raw}", "bs=1M", f"seek={start // MIB}", "conv=notrunc,sparse", "status=none"]
    subprocess.run(argv, check=True)
    file.unlink()


def _ext4(root: Path, raw: Path, root_mib: int, name: str, label: str) -> None:
    uuid = str(uuid5(_NAMESPACE, f"{name}/root"))
    options = f"offset={ROOT_AT},root_owner=0:0,hash_seed={uuid},lazy_itable_init=0"
    argv = ["mkfs.ext4", "-q", "-F", "-L", label, "-U", uuid, "-E", options, "-d", str(root), str(raw), f"{root_mib}m"]
    subprocess.run(argv, check=True, env={**os.environ, "E2FSPROGS_FAKE_TIME": os.environ["SOURCE_DATE_EPOCH"]})


def _esp(root: Path, raw: Path, name: str, work: Path, early_config: str) -> None:
    """Debian's signed shim and GRUB at the path that every UEFI tries: no entry in its variables is needed."""
    volume = f"{uuid5(_NAMESPACE, f'{name}/esp').int >> 96:08x}"
    fat = work / "esp.img"
    with fat.open("wb") as file:
        file.truncate(ESP_BYTES)
    subprocess.run(["mkfs.fat", "--invariant", "-F", "32", "-n", "ESP", "-i", volume, str(fat)], check=True, capture_output=True)
    tree = work / "esp"
    boot, debian = tree / "EFI" / "BOOT", tree / "EFI" / "debian"
    boot.mkdir(parents=True)
    debian.mkdir()
    shutil.copyfile(root / "usr/lib/shim/shimx64.efi.signed", boot / "BOOTX64.EFI")
    shutil.copyfile(root / "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", boot / "grubx64.efi")
    (debian / "grub.cfg").write_text(early_config)
    moment = int(os.environ["SOURCE_DATE_EPOCH"])
    for path in tree.rglob("*"):
        os.utime(path, (moment, moment))
    subprocess.run(["mcopy", "-s", "-m", "-i", str(fat), str(tree / "EFI"), "::"], check=True)
    with raw.open("r+b") as disk:
        disk.seek(ESP_AT)
        disk.write(fat.read_bytes())


def _table(raw: Path, size: int, name: str, spans: Sequence[tuple[UUID, str, int, int]]) -> None:
    entries = tuple(
        Entry(number, kind, uuid5(_NAMESPACE, f"{name}/{part}"), start // SECTOR, end // SECTOR - 1, 0, _name(part))
        for number, (kind, part, start, end) in enumerate(spans, start=1)
    )
    with raw.open("r+b") as disk:
        for change in new_table(size, uuid5(_NAMESPACE, name), ()):
            disk.seek(change.offset)
            disk.write(change.data)
        disk.seek(0)
        table = DiskTable.parse(disk.read(HEAD_BYTES))
        grown = DiskTable(table.header, entries, table.mbr, SECTOR)
        for change in grown.patches(size):
            disk.seek(change.offset)
            disk.write(change.data)


def _name(text: str) -> bytes:
    return text.encode("utf-16-le").ljust(72, b"\0")


def _bios(root: Path, raw: Path, work: Path, early_config: str) -> None:
    early, core = work / "early.cfg", work / "core.img"
    early.write_text(early_config)
    folder = root / "usr/lib/grub/i386-pc"
    argv = ["grub-mkimage", "-O", "i386-pc", "-d", folder, "-c", early, "-p", "/boot/grub", "-o", core, *_MODULES]
    subprocess.run(argv, check=True)
    with raw.open("r+b") as disk:
        mbr = disk.read(SECTOR)
        disk.seek(0)
        disk.write(boot_sector((folder / "boot.img").read_bytes(), mbr, CORE_AT // SECTOR))
        disk.seek(CORE_AT)
        disk.write(placed_core(core.read_bytes(), CORE_AT // SECTOR))


def boot_sector(boot: bytes, mbr: bytes, core_sector: int) -> bytes:
    """GRUB's boot.img over a disk's first sector, whose partition table is kept."""
    code = bytearray(boot[:_BOOT_CODE])
    struct.pack_into("<Q", code, _CORE_SECTOR_FIELD, core_sector)
    code[_DRIVE_CHECK : _DRIVE_CHECK + 2] = b"\x90\x90"
    return bytes(code) + mbr[_BOOT_CODE:]


def placed_core(core: bytes, core_sector: int) -> bytes:
    """GRUB's core for this place. Raises ValueError when the BIOS boot partition is too small for it."""
    if len(core) > ESP_AT - CORE_AT:
        raise ValueError(f"GRUB's core has {len(core)} bytes; the BIOS boot partition holds {ESP_AT - CORE_AT}")
    placed = bytearray(core)
    struct.pack_into("<Q", placed, _FIRST_BLOCK_LIST, core_sector + 1)
    return bytes(placed)
