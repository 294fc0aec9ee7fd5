"""`parallel`: four drives at once, each by a process of its own as a bench has it, against four fio jobs, dd and shred.

MB/s of all four together, on loop devices over tmpfs. Needs root and loop devices. The four runs wait for each other before the
overwrite and before the read-back: each pass is measured with all four in it. MiB of each drive: BENCH_MIB (default 1024);
rounds: BENCH_ROUNDS (default 5). Writes parallel.json (the keystream), parallel_zeros.json, parallel_verify.json (the keystream
read back) and parallel_verify_zeros.json, each with CPU seconds per GB, and parallel_memory.json: the highest proportional set
size (PSS) of the four processes together.
"""

import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Barrier
from typing import Final

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from fleet.contract.kinds import Method, Verdict  # noqa: E402 - the repository is put on the path above
from tests.benchmarks.harness import OUT, Benchmark, Figure, compare, machine  # noqa: E402 - same
from tests.benchmarks.loops import GB, MB, available, best_fio, loop_device, timed  # noqa: E402 - same

SIZE = int(os.environ.get("BENCH_MIB", "1024")) << 20
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
DRIVES: Final = 4
LIMIT_MIB: Final = 150
TOTAL = DRIVES * SIZE


@dataclass(frozen=True)
class Pass:
    """One pass of one process: the certificate's moments, in seconds since the epoch, and its CPU seconds."""

    started: float
    finished: float
    cpu_s: float


@dataclass
class Together:
    """Hooks that begin each pass together with the other processes, and note the CPU time at its start."""

    barrier: Barrier
    at: list[float] = field(default_factory=list)

    def issued(self, key: bytes | None) -> None:  # noqa: ARG002 - nobody will resume
        self.at.append(time.process_time())

    def synced(self, offset: int) -> None: ...

    def polling(self) -> None: ...

    def verifying(self) -> None:
        self.at.append(time.process_time())
        self.barrier.wait()


def wipe(node: Path, method: Method, barrier: Barrier, answers: "multiprocessing.Queue[tuple[Pass, Pass]]") -> None:
    """One drive's process. It imports no more than a job needs."""
    from agents.config import PortConfig
    from agents.identify.identify import identify
    from agents.wipe.guard import clear
    from agents.wipe.plan import plan
    from agents.wipe.runner import run

    port = PortConfig(name="bench", path=node)
    identity = identify(port, node)
    clearance, hooks = clear(identity, [port]), Together(barrier)
    planned = plan(identity, method=method)
    barrier.wait()
    result = run(planned, clearance, hooks=hooks)
    if result.verdict is not Verdict.ERASED or result.verified is None:
        raise SystemExit(f"not erased: {result.reason}")
    began, between = hooks.at
    written, verified = result.written, result.verified
    answers.put(
        (
            Pass(written.started_at.timestamp(), written.finished_at.timestamp(), between - began),
            Pass(verified.started_at.timestamp(), verified.finished_at.timestamp(), time.process_time() - between),
        )
    )
    answers.close()
    answers.join_thread()


class Ours:
    """Four processes of the product's engine."""

    def __init__(self, nodes: Sequence[Path]) -> None:
        self.memory_mib: list[float] = []
        self._nodes = nodes
        self._context = multiprocessing.get_context("spawn")

    def overwrite(self, method: Method) -> Figure:
        return self._figure([written for written, _ in self._run(method)])

    def verify(self, method: Method) -> Figure:
        return self._figure([verified for _, verified in self._run(method)])

    def _figure(self, passes: Sequence[Pass]) -> Figure:
        """All bytes, from the start of the first process to the end of the last."""
        seconds = max(each.finished for each in passes) - min(each.started for each in passes)
        return Figure(TOTAL / MB / seconds, sum(each.cpu_s for each in passes) * GB / TOTAL)

    def _run(self, method: Method) -> list[tuple[Pass, Pass]]:
        barrier, answers = self._context.Barrier(DRIVES), self._context.Queue()
        processes = [self._context.Process(target=wipe, args=(node, method, barrier, answers)) for node in self._nodes]
        for process in processes:
            process.start()
        self.memory_mib.append(highest_pss_mib(processes))
        if any(process.exitcode for process in processes):
            raise SystemExit("a run failed")
        return [answers.get() for _ in processes]


def highest_pss_mib(processes: Sequence[BaseProcess]) -> float:
    """Watches until all have ended."""
    highest = 0.0
    while any(process.is_alive() for process in processes):
        highest = max(highest, sum(pss_mib(process.pid) for process in processes))
        time.sleep(0.05)
    return highest


def pss_mib(pid: int | None) -> float:
    """A process's memory, what it shares divided among those that share it; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def report_memory(measured: Sequence[float]) -> None:
    """The highest of each run; the median counts, as for the other figures."""
    median = statistics.median(measured)
    document = {
        "name": "parallel_memory",
        "unit": "MiB",
        "ours": round(median, 1),
        "limit": {"name": "PSS of all processes that wipe four drives", "value": LIMIT_MIB},
        "ratio_to_limit": round(median / LIMIT_MIB, 2),
        "runs": len(measured),
        "machine": machine(),
    }
    (OUT / "parallel_memory.json").write_text(json.dumps(document, indent=2) + "\n")
    print(f"\nparallel_memory: {median:.1f} MiB PSS of {DRIVES} processes (highest {max(measured):.1f}; limit {LIMIT_MIB})")


def main() -> None:
    """Measure and report."""
    if os.geteuid() != 0:
        raise SystemExit("this benchmark needs root, for loop devices")
    with ExitStack() as stack:
        nodes = [stack.enter_context(loop_device(SIZE)) for _ in range(DRIVES)]
        ours = Ours(nodes)
        write_limit, read_limit = best_fio(nodes, SIZE, "write"), best_fio(nodes, SIZE, "read")
        dd = [
            ["dd", "if=/dev/zero", f"of={node}", "bs=4M", f"count={SIZE >> 22}", "oflag=direct", "conv=fsync"] for node in nodes
        ]
        shred = [["shred", "-n1", str(node)] for node in nodes]
        random_peers = available({"4 shred -n1": ("shred", partial(timed, shred, TOTAL))})
        zero_peers = available({"4 dd oflag=direct bs=4M": ("dd", partial(timed, dd, TOTAL))})
        random, zeros = Method.OVERWRITE_RANDOM, Method.OVERWRITE_ZEROS
        compare(
            [
                Benchmark("parallel", "MB/s", partial(ours.overwrite, random), random_peers, write_limit),
                Benchmark("parallel_zeros", "MB/s", partial(ours.overwrite, zeros), zero_peers, write_limit),
                Benchmark("parallel_verify", "MB/s", partial(ours.verify, random), {}, read_limit),
                Benchmark("parallel_verify_zeros", "MB/s", partial(ours.verify, zeros), {}, read_limit),
            ],
            rounds=ROUNDS,
        )
        report_memory(ours.memory_mib)


if __name__ == "__main__":
    main()
