"""`wipe`: MB/s of an overwrite pass and of its verification on a loop device over tmpfs, against fio, dd, shred and nwipe.

Needs root and loop devices. Every program is given one loop device, made here over a file of our own; nwipe besides runs in a
mount namespace whose /dev holds that device alone. Size: BENCH_MIB (default 1024); rounds: BENCH_ROUNDS (default 5).
Writes wipe.json (the keystream, what a bench does unless told otherwise), wipe_zeros.json, wipe_verify.json (the keystream read
back) and wipe_verify_zeros.json, each with CPU seconds per GB.
"""

import os
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from agents.config import PortConfig  # noqa: E402 - the repository is put on the path above, for `python tests/benchmarks/...`
from agents.identify.identify import identify  # noqa: E402 - same
from agents.wipe.guard import clear  # noqa: E402 - same
from agents.wipe.plan import plan  # noqa: E402 - same
from agents.wipe.result import Span, WipeResult  # noqa: E402 - same
from agents.wipe.runner import run  # noqa: E402 - same
from fleet.contract.kinds import Method, Verdict  # noqa: E402 - same
from tests.benchmarks.harness import Benchmark, Figure, compare  # noqa: E402 - same
from tests.benchmarks.loops import GB, MB, available, best_fio, dd, loop_device, timed  # noqa: E402 - same

SIZE = int(os.environ.get("BENCH_MIB", "1024")) << 20
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))


@dataclass
class Forgetful:
    """Hooks of a job that nobody will resume (the journal is not what is measured); they note the CPU time of each pass."""

    at: list[float] = field(default_factory=list)

    def issued(self, key: bytes | None) -> None:  # noqa: ARG002 - nobody will resume
        self.at.append(time.process_time())

    def synced(self, offset: int) -> None: ...

    def polling(self) -> None: ...

    def verifying(self) -> None:
        self.at.append(time.process_time())


@dataclass(frozen=True)
class Ours:
    """The product's own way: identify, guard, plan, run; the figure is that of the pass, as the job's log dates it."""

    node: Path

    def overwrite(self, method: Method) -> Figure:
        return self._run(method)[0]

    def verify(self, method: Method) -> Figure:
        return self._run(method)[1]

    def _run(self, method: Method) -> tuple[Figure, Figure]:
        port = PortConfig(name="bench", path=self.node)
        identity = identify(port, self.node)
        hooks = Forgetful()
        result = run(plan(identity, method=method), clear(identity, [port]), hooks=hooks)
        if result.verdict is not Verdict.ERASED or result.verified is None:
            raise SystemExit(f"not erased: {result.reason}")
        began, between = hooks.at
        return _figure(_pass_of(result), between - began), _figure(result.verified, time.process_time() - between)


def _pass_of(result: WipeResult) -> Span:
    """The overwrite alone, from the job's own log: what comes before it (a probe, before zeros) takes the same at any size."""
    started, ended = (next(line for line in result.log if f" overwrite {word} " in line) for word in ("started", "ended"))
    return Span(datetime.fromisoformat(started.split()[0]), datetime.fromisoformat(ended.split()[0]))


def _figure(span: Span, cpu_s: float) -> Figure:
    return Figure(SIZE / MB / (span.finished_at - span.started_at).total_seconds(), cpu_s * GB / SIZE)


def nwipe(node: Path, method: str) -> Figure:
    """nwipe, where no other disk exists for it."""
    number = node.stat().st_rdev
    script = (
        "mount -t tmpfs -o mode=755 private /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9"
        f" && mknod {node} b {os.major(number)} {os.minor(number)}"
        f" && exec nwipe --autonuke --nogui --nowait --noblank --verify=off --method={method} {node}"
    )
    return timed([["unshare", "--mount", "sh", "-c", script]], SIZE)


def nwipe_verify(node: Path) -> Figure:
    """nwipe's check that all is zero, on a device that is."""
    dd(node, SIZE)
    return nwipe(node, "verify_zero")


def main() -> None:
    """Measure and report."""
    if os.geteuid() != 0:
        raise SystemExit("this benchmark needs root, for loop devices")
    with loop_device(SIZE) as node:
        ours = Ours(node)
        write_limit, read_limit = best_fio([node], SIZE, "write"), best_fio([node], SIZE, "read")
        random_peers = available(
            {
                "shred -n1": ("shred", partial(timed, [["shred", "-n1", str(node)]], SIZE)),
                "nwipe --method=random": ("nwipe", partial(nwipe, node, "random")),
            }
        )
        zero_peers = available(
            {
                "dd oflag=direct bs=4M": ("dd", partial(dd, node, SIZE)),
                "shred -n0 -z": ("shred", partial(timed, [["shred", "-n0", "-z", str(node)]], SIZE)),
                "nwipe --method=zero": ("nwipe", partial(nwipe, node, "zero")),
            }
        )
        verify_peers = available({"nwipe --method=verify_zero": ("nwipe", partial(nwipe_verify, node))})
        random, zeros = Method.OVERWRITE_RANDOM, Method.OVERWRITE_ZEROS
        compare(
            [
                Benchmark("wipe", "MB/s", partial(ours.overwrite, random), random_peers, write_limit),
                Benchmark("wipe_zeros", "MB/s", partial(ours.overwrite, zeros), zero_peers, write_limit),
                Benchmark("wipe_verify", "MB/s", partial(ours.verify, random), {}, read_limit),
                Benchmark("wipe_verify_zeros", "MB/s", partial(ours.verify, zeros), verify_peers, read_limit),
            ],
            rounds=ROUNDS,
        )


if __name__ == "__main__":
    main()
