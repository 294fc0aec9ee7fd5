"""`image`: seconds to write a disk image to loop devices over tmpfs, against bmaptool, zstdcat | dd, fio and zstd alone.

The image: BENCH_MIB (default 4096) MiB, 30 % of it mapped, a range every 100 MiB, packed by `pack_image`; its content are files
of this machine (as an operating system's are). The peers read the same file and the same block map. Needs root and loop devices,
and about 2.5 bytes of memory for each byte of the image. Rounds: BENCH_ROUNDS (default 5).

Writes image.json (one target, written as the peers write: without reading back), image_proven.json (one target, read back),
image_four.json (four targets, read back, against bmaptool in sequence), with CPU seconds per GB, and the highest memory.
"""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from agents.image.catalogue import LocalImage, find_image  # noqa: E402 - the repository is put on the path above, for `python tests/…`
from agents.image.onto import Target  # noqa: E402 - same
from agents.image.pack import ImageLabel, pack_image  # noqa: E402 - same
from agents.image.writer import map_of, write_images  # noqa: E402 - same
from agents.shell.blockdev import open_device  # noqa: E402 - same
from agents.shell.progress import Phase, Progress  # noqa: E402 - same
from fleet.contract.kinds import DeviceKind  # noqa: E402 - same
from tests.benchmarks.harness import OUT, Benchmark, Measure, compare  # noqa: E402 - same

MIB = 1 << 20
SIZE = int(os.environ.get("BENCH_MIB", "4096")) * MIB
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
MAPPED, TARGETS = 0.3, 4
RANGES = max(4, SIZE // (100 * MIB))
GB = 1_000_000_000


def content() -> Iterator[bytes]:
    """The files of this machine, without end: as compressible as an operating system is."""
    files = sorted(file for file in Path("/usr/lib").rglob("*.so*") if file.is_file() and not file.is_symlink())
    random.Random(1).shuffle(files)  # noqa: S311 - the same image on the same machine
    while True:
        for file in files:
            yield file.read_bytes()


def make_raw(raw: Path) -> None:
    """A sparse disk image: RANGES runs of content, spread evenly, 30 % in all."""
    run = int(SIZE * MAPPED / RANGES) // 4096 * 4096
    source, left = content(), b""
    with raw.open("wb") as disk:
        disk.truncate(SIZE)
        for number in range(RANGES):
            while len(left) < run:
                left += next(source).ljust(4096, b"\1")
            disk.seek(SIZE // RANGES * number // 4096 * 4096)
            disk.write(left[:run])
            left = left[run:]


@contextmanager
def loop_device(folder: Path, number: int) -> Iterator[Path]:
    """A loop device over a file in memory. The first has all its pages; the others have theirs once the image was written."""
    file = folder / f"target-{number}"
    with file.open("wb") as filled:
        filled.truncate(SIZE)
        for _ in range(0 if number else SIZE // MIB):
            filled.write(b"\xa5" * MIB)
    node = subprocess.run(["losetup", "--find", "--show", file], check=True, capture_output=True, text=True).stdout.strip()
    try:
        yield Path(node)
    finally:
        subprocess.run(["losetup", "--detach", node], check=True)
        file.unlink()


@dataclass
class Spent:
    """CPU seconds of everything that one measurement ran, by contestant; the kernel's own threads (loop) are not in it."""

    seconds: dict[str, list[float]]

    def measured(self, name: str, gigabytes: float, measure: Callable[[], float]) -> float:
        before = cpu()
        result = measure()
        self.seconds.setdefault(name, []).append((cpu() - before) / gigabytes)
        return result


def cpu() -> float:
    """CPU seconds of this process and of its children that ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


@dataclass
class Ours:
    """The product's own writer; MB/s of mapped data."""

    image: LocalImage

    def proven(self, nodes: Sequence[Path]) -> float:
        """From the first byte read to the last one read back."""
        return self._run(nodes)[0]

    def written(self, nodes: Sequence[Path]) -> float:
        """From the first byte read to the flush: where the peers end."""
        return self._run(nodes)[1]

    def _run(self, nodes: Sequence[Path]) -> tuple[float, float]:
        ends: list[float] = []

        def look(progress: Progress) -> None:
            if progress.phase is Phase.IMAGE and progress.done_bytes == progress.total_bytes:
                ends.append(time.perf_counter())

        with ExitStack() as opened:
            devices = [opened.enter_context(open_device(node, write=True)) for node in nodes]
            targets = [Target(device, zero_unmapped=False, stop=threading.Event(), on_progress=look) for device in devices]
            began = time.perf_counter()
            for lane in write_images(targets, self.image):
                lane.result()
            seconds = time.perf_counter() - began
        amount = map_of(self.image.manifest).mapped_bytes * len(nodes) / 1e6
        return amount / seconds, amount / (max(ends) - began)


@dataclass
class Peers:
    """Other programs on the same file; MB/s of mapped data, from start to end."""

    image: LocalImage
    bmap: Path

    @property
    def amount(self) -> float:
        return map_of(self.image.manifest).mapped_bytes / 1e6

    def bmaptool(self, nodes: Sequence[Path]) -> float:
        seconds = sum(timed(["bmaptool", "-q", "copy", "--bmap", self.bmap, self.image.path, node]) for node in nodes)
        return self.amount * len(nodes) / seconds

    def zstdcat_dd(self, node: Path) -> float:
        line = f"zstdcat {self.image.path} | dd of={node} bs=4M iflag=fullblock oflag=direct conv=fsync status=none"
        return self.amount / timed(["sh", "-c", line])

    def zstd_alone(self) -> float:
        return self.amount / timed(["sh", "-c", f"zstd -q -dc {self.image.path} > /dev/null"])

    def fio(self, node: Path) -> float:
        argv = ["fio", "--name=limit", f"--filename={node}", "--rw=write", "--bs=1M", "--iodepth=4", f"--size={SIZE}"]
        argv += ["--direct=1", "--ioengine=libaio", "--end_fsync=1", "--output-format=json"]
        told = subprocess.run(argv, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return float(json.loads(told.stdout)["jobs"][0]["write"]["bw_bytes"]) / 1e6


def timed(argv: Sequence[str | Path]) -> float:
    """Seconds from a program's start to its end."""
    began = time.perf_counter()
    done = subprocess.run(argv, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"{argv[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return time.perf_counter() - began


def memory_of_four(image: LocalImage, nodes: Sequence[Path]) -> int:
    """The highest resident memory of a process of its own that writes four targets, in MiB."""
    argv = [sys.executable, __file__, "memory", str(image.path.parent), *map(str, nodes)]
    return int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measure and report."""
    if sys.argv[1:2] == ["memory"]:
        Ours(find_image(Path(sys.argv[2]), "bench")).proven([Path(node) for node in sys.argv[3:]])
        status = Path("/proc/self/status").read_text()  # ru_maxrss would count the parent's memory too, from before exec
        print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
        return
    if os.geteuid() != 0:
        raise SystemExit("this benchmark needs root, for loop devices")
    absent = [program for program in ("bmaptool", "zstd", "fio", "dd") if shutil.which(program) is None]
    if absent:
        raise SystemExit(f"not installed: {', '.join(absent)}")
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm", prefix="heropstart-bench-")))
        ours, peers = prepare(folder)
        nodes = [held.enter_context(loop_device(folder, number)) for number in range(TARGETS)]
        measure(ours, peers, nodes)


def prepare(folder: Path) -> tuple[Ours, Peers]:
    """The packed image in memory; the raw one is gone."""
    raw = folder / "raw.img"
    make_raw(raw)
    image = pack_image(raw, folder, ImageLabel("bench", "1", "nl-BE", DeviceKind.LAPTOP), datetime.now(UTC))
    raw.unlink()
    bmap = folder / "bench.bmap"
    bmap.write_text(image.manifest.bmap)
    print(f"image: {SIZE / 1e6:.0f} MB, packed {image.manifest.file_bytes / 1e6:.0f} MB", flush=True)
    return Ours(image), Peers(image, bmap)


def measure(ours: Ours, peers: Peers, nodes: Sequence[Path]) -> None:
    """All contestants, interleaved; CPU seconds beside."""
    ours.written(nodes)
    spent, one, amount = Spent({}), nodes[:1], peers.amount / 1000
    limits = {"zstd -dc": peers.zstd_alone(), "fio write": peers.fio(nodes[0])}
    limit: tuple[str, Measure] = ("zstd -dc to nowhere", peers.zstd_alone)
    if limits["fio write"] < limits["zstd -dc"]:
        limit = ("fio write", partial(peers.fio, nodes[0]))
    counted = spent.measured
    compare(
        [
            Benchmark(
                "image",
                "MB/s",
                lambda: counted("ours", amount, lambda: ours.written(one)),
                {
                    "bmaptool copy": lambda: counted("bmaptool", amount, lambda: peers.bmaptool(one)),
                    "zstdcat | dd": lambda: counted("zstdcat | dd", amount, lambda: peers.zstdcat_dd(nodes[0])),
                },
                limit,
            ),
            Benchmark("image_proven", "MB/s", lambda: ours.proven(one), {"bmaptool copy": lambda: peers.bmaptool(one)}),
            Benchmark(
                "image_four",
                "MB/s",
                lambda: counted("ours, four", TARGETS * amount, lambda: ours.proven(nodes)),
                {"bmaptool in sequence": lambda: counted("bmaptool, four", TARGETS * amount, lambda: peers.bmaptool(nodes))},
            ),
        ],
        rounds=ROUNDS,
    )
    memory = memory_of_four(ours.image, nodes)
    medians = {name: round(sorted(values)[len(values) // 2], 2) for name, values in spent.seconds.items()}
    print(f"\nCPU seconds per GB of mapped data: {medians}; highest memory with four targets {memory} MiB")
    (OUT / "image_cost.json").write_text(
        json.dumps({"name": "image_cost", "cpu_s_per_gb": medians, "limits_mb_s": limits, "memory_mib": memory}) + "\n"
    )


if __name__ == "__main__":
    main()
