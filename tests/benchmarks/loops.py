"""Loop devices over tmpfs, and what fio, dd and shred reach on them: shared by the benchmarks of the wipe."""

import json
import os
import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.benchmarks.harness import Figure, Measure

MB = 1_000_000
GB = 1_000_000_000
_DD_FIGURE = re.compile(r"copied, ([0-9.e-]+) s")


@contextmanager
def loop_device(size: int) -> Iterator[Path]:
    """A loop device of whole MiB over a file in memory whose pages all exist already."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm", prefix="heropstart-bench-") as file:
        for _ in range(size >> 20):
            file.write(b"\xa5" * (1 << 20))
        file.flush()
        made = subprocess.run(["losetup", "--find", "--show", file.name], check=True, capture_output=True, text=True)
        node = made.stdout.strip()
        try:
            yield Path(node)
        finally:
            subprocess.run(["losetup", "--detach", node], check=True)


def cpu_seconds() -> float:
    """User and system time of this process and the programs that it waited for. (The kernel's loop threads are not in it.)"""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def costed(speed: Callable[[], float], total: int) -> Figure:
    """A program's MB/s, with the CPU seconds that it took for each of `total` bytes' GB."""
    before = cpu_seconds()
    return Figure(speed(), (cpu_seconds() - before) * GB / total)


def fio(nodes: Sequence[Path], size: int, mode: str, block_kib: int, depth: int) -> Figure:
    """fio's own figure for sequential direct I/O on all nodes at once, with a flush at the end."""
    argv = ["fio", "--output-format=json", "--direct=1", "--ioengine=libaio", "--end_fsync=1", f"--rw={mode}"]
    argv += [f"--bs={block_kib}k", f"--iodepth={depth}", f"--size={size}"]
    for number, node in enumerate(nodes):
        argv += [f"--name=job{number}", f"--filename={node}"]

    def speed() -> float:
        jobs = json.loads(out(argv))["jobs"]
        return size * len(nodes) / MB / max(job[mode]["runtime"] / 1000 for job in jobs)

    return costed(speed, size * len(nodes))


def best_fio(nodes: Sequence[Path], size: int, mode: str) -> tuple[str, Measure]:
    """The fastest block size and depth of fio on these devices."""
    tried = {
        (block, depth): fio(nodes, size, mode, block, depth).value for block in (128, 512, 1024, 4096) for depth in (1, 4, 16)
    }
    block, depth = max(tried, key=lambda key: tried[key])
    return f"fio {mode} bs={block}k depth={depth}", partial(fio, nodes, size, mode, block, depth)


def dd(node: Path, size: int) -> Figure:
    """dd's own figure."""
    argv = ["dd", "if=/dev/zero", f"of={node}", "bs=4M", f"count={size}", "iflag=count_bytes", "oflag=direct", "conv=fsync"]

    def speed() -> float:
        done = subprocess.run(argv, check=True, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})
        found = _DD_FIGURE.search(done.stderr)
        if found is None:
            raise SystemExit(f"dd said: {done.stderr}")
        return size / MB / float(found[1])

    return costed(speed, size)


def timed(argvs: Sequence[Sequence[str]], total: int) -> Figure:
    """Programs that give no figure of their own, all at once: from their start to the end of the last."""

    def speed() -> float:
        started = time.perf_counter()
        null = subprocess.DEVNULL
        running = [subprocess.Popen(argv, stdin=null, stdout=null, stderr=null) for argv in argvs]
        for argv, process in zip(argvs, running, strict=True):
            if process.wait():
                raise SystemExit(f"{argv[0]} ended with {process.returncode}")
        return total / MB / (time.perf_counter() - started)

    return costed(speed, total)


def out(argv: Sequence[str]) -> str:
    """What a program printed; it must have succeeded."""
    done = subprocess.run(argv, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"{argv[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def available(peers: dict[str, tuple[str, Measure]]) -> dict[str, Measure]:
    """The peers whose program is installed; the others are named."""
    found = {}
    for name, (program, measure) in peers.items():
        if shutil.which(program):
            found[name] = measure
        else:
            print(f"{program} is not installed: {name} is left out")
    return found
