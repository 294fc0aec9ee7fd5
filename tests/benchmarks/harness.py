"""Measures us, our peers and the limit in one run, interleaved, and writes build/bench/<name>.json as DESIGN.md lays it out.

Each contestant is measured once a round; medians over the rounds count. A contestant whose program is absent is left out by name.
"""

import json
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

OUT = Path(__file__).parents[2] / "build" / "bench"


@dataclass(frozen=True)
class Figure:
    """One measurement: in the benchmark's unit, and the CPU seconds (user and system) that each GB took, if known."""

    value: float
    cpu_s_per_gb: float | None = None


Measure = Callable[[], float | Figure]


@dataclass(frozen=True)
class Benchmark:
    """One comparison; every measure returns a figure in `unit`. `limit` is what the machine itself can do."""

    name: str
    unit: str
    ours: Measure
    peers: Mapping[str, Measure] = field(default_factory=dict)
    limit: tuple[str, Measure] | None = None


def compare(benchmarks: Sequence[Benchmark], *, rounds: int = 5) -> None:
    """Run all of them interleaved: within a round every contestant of every benchmark has its turn."""
    results: dict[str, dict[str, list[Figure]]] = {benchmark.name: {} for benchmark in benchmarks}
    for number in range(1, rounds + 1):
        for benchmark in benchmarks:
            for who, measure in _contestants(benchmark):
                found = measure()
                figure = found if isinstance(found, Figure) else Figure(found)
                results[benchmark.name].setdefault(who, []).append(figure)
        print(f"round {number} of {rounds} done", flush=True)
    for benchmark in benchmarks:
        _report(benchmark, results[benchmark.name], rounds)


def _contestants(benchmark: Benchmark) -> list[tuple[str, Measure]]:
    limit = [] if benchmark.limit is None else [benchmark.limit]
    return [*limit, ("ours", benchmark.ours), *benchmark.peers.items()]


def _report(benchmark: Benchmark, found: dict[str, list[Figure]], rounds: int) -> None:
    figures = {who: [each.value for each in measured] for who, measured in found.items()}
    costs = {who: statistics.median(cost) for who, measured in found.items() if (cost := _costs(measured))}
    medians = {who: statistics.median(values) for who, values in figures.items()}
    ours = medians["ours"]
    limit = None if benchmark.limit is None else {"name": benchmark.limit[0], "value": round(medians[benchmark.limit[0]], 1)}
    document = {
        "name": benchmark.name,
        "unit": benchmark.unit,
        "ours": round(ours, 1),
        "peers": {who: round(medians[who], 1) for who in benchmark.peers},
        "limit": limit,
        "ratio_to_peer": {who: round(ours / medians[who], 2) for who in benchmark.peers if medians[who]},
        "ratio_to_limit": None if benchmark.limit is None else round(ours / medians[benchmark.limit[0]], 2),
        "cpu_s_per_gb": {who: round(cost, 3) for who, cost in costs.items()} or None,
        "runs": rounds,
        "machine": machine(),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"{benchmark.name}.json").write_text(json.dumps(document, indent=2) + "\n")
    print(f"\n{benchmark.name} ({benchmark.unit}; median of {rounds}, lowest and highest, ours against it)")
    for who, values in figures.items():
        cost = f"{costs[who]:>8.3f} CPU s/GB" if who in costs else ""
        ratio = ours / (medians[who] or 1)
        print(f"  {who:<28}{medians[who]:>10.1f}  {min(values):>10.1f} {max(values):>10.1f}  {ratio:>8.2f}x{cost}")


def _costs(measured: Sequence[Figure]) -> list[float]:
    return [each.cpu_s_per_gb for each in measured if each.cpu_s_per_gb is not None]


def machine() -> dict[str, object]:
    """What it ran on."""
    cpu = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine()
    )
    memory_kib = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cpu": cpu,
        "cores": sum(line.startswith("processor") for line in _lines("/proc/cpuinfo")),
        "memory_gib": round(memory_kib / (1 << 20), 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
