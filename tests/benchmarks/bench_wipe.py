"""`wipe`: MB/s of an overwrite pass and of its verification on a loop device over tmpfs, against fio, dd, shred and nwipe.

Needs root and loop devices. Every program is given one loop device, made here over a file of our own; nwipe besides runs in a
mount namespace whose /dev holds that device alone. Size: BENCH_MIB (default 1024); rounds: BENCH_ROUNDS (default 5).
Writes wipe.json (the keystream, what a bench does unless told otherwise), wipe_zeros.json and wipe_verify.json.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from agents.config import PortConfig  # noqa: E402 - the repository is put on the path above, for `python tests/benchmarks/...`
from agents.identify.identify import identify  # noqa: E402 - same
from agents.wipe.guard import clear  # noqa: E402 - same
from agents.wipe.plan import plan  # noqa: E402 - same
from agents.wipe.result import WipeResult  # noqa: E402 - same
from agents.wipe.runner import run  # noqa: E402 - same
from fleet.contract.kinds import Method, Verdict  # noqa: E402 - same
from tests.benchmarks.harness import Benchmark, Measure, compare  # noqa: E402 - same

MIB = int(os.environ.get("BENCH_MIB", "1024"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SIZE = MIB << 20
MB = 1_000_000
_DD_FIGURE = re.compile(r"copied, ([0-9.e-]+) s")


class Forgetful:
    """Hooks of a job that nobody will resume: the journal is not what is measured."""

    def issued(self, key: bytes | None) -> None: ...

    def synced(self, offset: int) -> None: ...

    def verifying(self) -> None: ...


@contextmanager
def loop_device() -> Iterator[Path]:
    """A loop device over a file in memory whose pages all exist already."""
    with tempfile.NamedTemporaryFile(dir="/dev/shm", prefix="heropstart-bench-") as file:
        for _ in range(MIB):
            file.write(b"\xa5" * (1 << 20))
        file.flush()
        made = subprocess.run(["losetup", "--find", "--show", file.name], check=True, capture_output=True, text=True)
        node = made.stdout.strip()
        try:
            yield Path(node)
        finally:
            subprocess.run(["losetup", "--detach", node], check=True)


@dataclass(frozen=True)
class Ours:
    """The product's own way: identify, guard, plan, run; the figure is that of the pass, as the certificate dates it."""

    node: Path

    def overwrite(self, method: Method) -> float:
        span = self._run(method).written
        return SIZE / MB / (span.finished_at - span.started_at).total_seconds()

    def verify(self) -> float:
        span = self._run(Method.OVERWRITE_RANDOM).verified
        if span is None:
            raise SystemExit("the verification did not run")
        return SIZE / MB / (span.finished_at - span.started_at).total_seconds()

    def _run(self, method: Method) -> WipeResult:
        port = PortConfig(name="bench", path=self.node)
        identity = identify(port, self.node)
        result = run(plan(identity, method=method), clear(identity, [port]), hooks=Forgetful())
        if result.verdict is not Verdict.ERASED:
            raise SystemExit(f"not erased: {result.reason}")
        return result


def fio(node: Path, mode: str, block_kib: int, depth: int) -> float:
    """fio's own figure, for sequential direct I/O with a flush at the end."""
    argv = [
        "fio",
        "--name=limit",
        f"--filename={node}",
        f"--rw={mode}",
        f"--bs={block_kib}k",
        f"--iodepth={depth}",
        f"--size={SIZE}",
    ]
    argv += ["--direct=1", "--ioengine=libaio", "--end_fsync=1", "--output-format=json"]
    job = json.loads(_out(argv))["jobs"][0]
    return float(job[mode]["bw_bytes"]) / MB


def best_fio(node: Path, mode: str) -> tuple[str, Measure]:
    """The fastest block size and depth of fio on this device."""
    tried = {(block, depth): fio(node, mode, block, depth) for block in (128, 512, 1024, 4096) for depth in (1, 4, 16)}
    block, depth = max(tried, key=lambda key: tried[key])
    return f"fio {mode} bs={block}k depth={depth}", partial(fio, node, mode, block, depth)


def dd(node: Path) -> float:
    """dd's own figure."""
    argv = ["dd", "if=/dev/zero", f"of={node}", "bs=4M", f"count={SIZE}", "iflag=count_bytes", "oflag=direct", "conv=fsync"]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})
    found = _DD_FIGURE.search(done.stderr)
    if found is None:
        raise SystemExit(f"dd said: {done.stderr}")
    return SIZE / MB / float(found[1])


def timed(argv: Sequence[str]) -> float:
    """A program that gives no figure of its own: from its start to its end."""
    started = time.perf_counter()
    _out(argv)
    return SIZE / MB / (time.perf_counter() - started)


def nwipe(node: Path, method: str) -> float:
    """nwipe, where no other disk exists for it."""
    number = node.stat().st_rdev
    script = (
        "mount -t tmpfs -o mode=755 private /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9"
        f" && mknod {node} b {os.major(number)} {os.minor(number)}"
        f" && exec nwipe --autonuke --nogui --nowait --noblank --verify=off --method={method} {node}"
    )
    return timed(["unshare", "--mount", "sh", "-c", script])


def nwipe_verify(node: Path) -> float:
    """nwipe's check that all is zero, on a device that is."""
    dd(node)
    return nwipe(node, "verify_zero")


def _out(argv: Sequence[str]) -> str:
    done = subprocess.run(argv, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(f"{argv[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def available(peers: dict[str, tuple[str, Callable[[], float]]]) -> dict[str, Measure]:
    """The peers whose program is installed; the others are named."""
    found = {}
    for name, (program, measure) in peers.items():
        if shutil.which(program):
            found[name] = measure
        else:
            print(f"{program} is not installed: {name} is left out")
    return found


def main() -> None:
    """Measure and report."""
    if os.geteuid() != 0:
        raise SystemExit("this benchmark needs root, for loop devices")
    with loop_device() as node:
        ours = Ours(node)
        write_limit, read_limit = best_fio(node, "write"), best_fio(node, "read")
        random_peers = available(
            {
                "shred -n1": ("shred", partial(timed, ["shred", "-n1", str(node)])),
                "nwipe --method=random": ("nwipe", partial(nwipe, node, "random")),
            }
        )
        zero_peers = available(
            {
                "dd oflag=direct bs=4M": ("dd", partial(dd, node)),
                "shred -n0 -z": ("shred", partial(timed, ["shred", "-n0", "-z", str(node)])),
                "nwipe --method=zero": ("nwipe", partial(nwipe, node, "zero")),
            }
        )
        verify_peers = available({"nwipe --method=verify_zero": ("nwipe", partial(nwipe_verify, node))})
        compare(
            [
                Benchmark("wipe", "MB/s", partial(ours.overwrite, Method.OVERWRITE_RANDOM), random_peers, write_limit),
                Benchmark("wipe_zeros", "MB/s", partial(ours.overwrite, Method.OVERWRITE_ZEROS), zero_peers, write_limit),
                Benchmark("wipe_verify", "MB/s", ours.verify, verify_peers, read_limit),
            ],
            rounds=ROUNDS,
        )


if __name__ == "__main__":
    main()
