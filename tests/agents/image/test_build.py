"""A real file system on a real partition table, judged by the programs of those who defined them."""

import random
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.image.build import ImageSizeInvalid, build_disk_image
from agents.image.catalogue import find_image
from agents.image.pack import ImageLabel, pack_image
from agents.image.writer import write_image
from agents.shell.blockdev import open_device
from agents.shell.run import ProgramFailed, run
from fleet.contract.kinds import DeviceKind

MIB = 1 << 20
FILES = {
    "etc/hostname": b"heropstart\n",
    "home/reader/welcome.txt": "Welkom \u00e0 tous\n".encode(),
    "srv/large": bytes(range(256)) * 8192,
}


@pytest.mark.process
@pytest.mark.parametrize("more", [0, 7 * MIB + 512])
def test_an_image_written_to_a_target_full_of_old_data_is_a_sound_disk_and_equals_bmaptools(tmp_path: Path, more: int) -> None:
    raw, ours, theirs = tmp_path / "raw.img", tmp_path / "ours.img", tmp_path / "theirs.img"
    build_disk_image(raw, FILES, size_bytes=32 * MIB)
    pack_image(raw, tmp_path, ImageLabel("demo", "1", "nl-BE", DeviceKind.DRIVE), datetime.now(UTC))
    ours.write_bytes(b"old data" * ((32 * MIB + more) // 8))
    image = find_image(tmp_path, "demo")
    with open_device(ours, write=True) as device:
        result = write_image(device, image, zero_unmapped=True, stop=threading.Event())
    assert result.mapped_bytes < 8 * MIB

    assert "No problems found" in run(["sgdisk", "-v", str(ours)], timeout_s=30).stdout
    run(["e2fsck", "-fn", f"{ours}?offset={MIB}"], timeout_s=30)
    for name, content in FILES.items():
        dumped = tmp_path / "dumped"
        run(["debugfs", "-R", f"dump {name} {dumped}", f"{ours}?offset={MIB}"], timeout_s=30)
        assert dumped.read_bytes() == content

    (tmp_path / "demo.bmap").write_text(image.manifest.bmap)
    run(["bmaptool", "copy", "--bmap", str(tmp_path / "demo.bmap"), str(raw), str(theirs)], timeout_s=60)
    found = ours.read_bytes()
    if more:
        run(["truncate", "-s", str(32 * MIB + more), str(theirs)], timeout_s=10)
        run(["sgdisk", "-e", str(theirs)], timeout_s=30)
        peer = theirs.read_bytes()
        # Cylinders and heads of the protective MBR: UEFI 5.2.3 lets a large disk say FFFFFF, sgdisk invents a geometry.
        assert (found[:451], found[454 : 32 * MIB]) == (peer[:451], peer[454 : 32 * MIB])
        assert found[-33 * 512 :] == peer[-33 * 512 :]
    else:
        assert found == theirs.read_bytes() == raw.read_bytes()


@pytest.mark.process
def test_bmaptool_unpacks_and_writes_our_stored_image_too(tmp_path: Path) -> None:
    raw, copy = tmp_path / "raw.img", tmp_path / "copy.img"
    build_disk_image(raw, FILES, size_bytes=16 * MIB)
    image = pack_image(raw, tmp_path, ImageLabel("demo", "1", "nl-BE", DeviceKind.DRIVE), datetime.now(UTC))
    run(["zstd", "-q", "-d", str(image.path), "-o", str(tmp_path / "unpacked.img")], timeout_s=30)
    assert (tmp_path / "unpacked.img").read_bytes() == raw.read_bytes()
    (tmp_path / "demo.bmap").write_text(image.manifest.bmap)
    run(["bmaptool", "copy", "--bmap", str(tmp_path / "demo.bmap"), str(tmp_path / "unpacked.img"), str(copy)], timeout_s=60)
    assert copy.read_bytes() == raw.read_bytes()


@pytest.mark.process
def test_files_that_do_not_fit_are_said_by_mkfs(tmp_path: Path) -> None:
    large = random.Random(3).randbytes(9 * MIB)  # noqa: S311 - zeros would be left out as a hole
    with pytest.raises(ProgramFailed, match=r"mkfs\.ext4"):
        build_disk_image(tmp_path / "raw.img", {"large": large}, size_bytes=8 * MIB)


@pytest.mark.parametrize("size", [0, 7 * MIB, 8 * MIB + 512])
def test_a_size_that_no_image_has_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(ImageSizeInvalid, match="whole number of MiB"):
        build_disk_image(tmp_path / "raw.img", {}, size_bytes=size)
