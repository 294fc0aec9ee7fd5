"""A disk full of old data is wiped, gets the golden image, is finished, and a laptop starts from it under its own name."""

import hashlib
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agents.config import PortConfig
from agents.image.catalogue import LocalImage, find_image
from agents.image.finish.finish import finish_image
from agents.image.finish.wishes import Wishes
from agents.image.partitions import HEAD_BYTES, DiskTable
from agents.image.writer import write_image
from agents.shell.blockdev import open_device
from agents.wipe.plan import plan
from agents.wipe.runner import run
from fleet.contract.kinds import Method, Verdict
from tests.agents.image.finish.disks import attached
from tests.sim.drives import Drive, Memory
from tests.sim.laptop import heard, started
from tools import require

pytestmark = pytest.mark.machine

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "tools" / "images"
MIB = 1 << 20
DISK_BYTES = 1536 * MIB
CODE = "VC2R1YD6"
SYSTEM = 3
"""The number of the system's partition."""
START_S = 600
"""Emulated, on a busy machine; 60 s where nothing else runs."""
OLD = b"letters to the tax office "


@pytest.fixture(scope="module")
def golden() -> LocalImage:
    """The image of `make golden-image`, built once for each state of its recipe."""
    lacking = [need.packages[0] for need in require.missing("golden")]
    if lacking:
        pytest.skip(f"needs Debian's {', '.join(lacking)}")
    recipe = sorted([*RECIPE.glob("*.py"), *RECIPE.glob("profiles/*.toml")])
    state = hashlib.sha256(b"".join(path.read_bytes() for path in recipe)).hexdigest()[:8]
    folder = ROOT / "build" / "images"
    if not (folder / f"debian-minimal-{state}.manifest.json").exists():
        command = [sys.executable, "-m", "tools.images.golden", "minimal", str(folder), "--version", state]
        subprocess.run(command, check=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    return find_image(folder, f"debian-minimal@{state}")


def old_disk(file: Path) -> Path:
    """A disk on which every sector holds someone's data."""
    piece = (OLD * (MIB // len(OLD) + 1))[:MIB]
    with file.open("wb") as disk:
        for _ in range(DISK_BYTES // MIB):
            disk.write(piece)
    return file


def read_from(disk: Path, table: DiskTable, path: str) -> str:
    start, _ = table.span(SYSTEM)
    command = ["/sbin/debugfs", "-R", f"cat {path}", f"{disk}?offset={start}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def mended(disk: Path, table: DiskTable, *options: str) -> None:
    """Check the system's file system; a journal is replayed only on a node of its own."""
    with attached(disk, *table.span(SYSTEM)) as node:
        ended = subprocess.run(["/sbin/e2fsck", *options, node], capture_output=True, text=True, check=False)
    assert ended.returncode in {0, 1}, ended.stdout


def test_the_laptop_starts_from_the_disk_that_the_bench_imaged(golden: LocalImage, tmp_path: Path) -> None:
    disk = old_disk(tmp_path / "disk.img")
    with attached(disk) as node:
        drive = Drive(node, PortConfig(name="A1", path=node))
        wiped = run(plan(drive.identity, method=Method.OVERWRITE_ZEROS), drive.clear(), hooks=Memory())
        assert wiped.verdict is Verdict.ERASED
        with open_device(node, write=True) as device:
            write_image(device, golden, zero_unmapped=False, stop=threading.Event())
            report = finish_image(device, golden.manifest, Wishes(CODE))

    with disk.open("rb") as file:
        table = DiskTable.parse(file.read(HEAD_BYTES))
    assert sum(table.span(SYSTEM)) == DISK_BYTES - MIB
    assert str(table.guid) == next(step.value for step in report.steps if step.target == "disk")
    assert read_from(disk, table, "/etc/machine-id") == ""
    mended(disk, table, "-f", "-n")
    assert OLD not in disk.read_bytes()

    console = tmp_path / "console"
    with started(disk, console) as laptop:
        heard(laptop, console, "vc2r-1yd6 login:", START_S)

    mended(disk, table, "-p")  # switched off hard: its journal comes first
    assert re.fullmatch(r"[0-9a-f]{32}\n", read_from(disk, table, "/etc/machine-id"))
