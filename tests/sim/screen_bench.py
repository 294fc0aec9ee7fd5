"""A bench for the screen alone: its ports show what a test says, and it takes every scan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from agents.bench.phases import PortPhase, PortSnapshot
from agents.bench.standing import Standing
from agents.config import BenchConfig, from_tree
from agents.journal.scans import Answer
from agents.shell.progress import Phase, Progress
from fleet.contract.bench import BenchProfile
from fleet.contract.kinds import DeviceKind, VisualResult
from labels import codes

CODES = [code for number in range(6000, 6050) if (code := codes.from_number(number * 7919))]
_GIB = 1 << 30
PROFILE = BenchProfile(
    bench_id=UUID(int=1),
    key_id="key",
    organisation_id=UUID(int=2),
    organisation_name="Kringwinkel Test",
    site_name="Atelier",
    label_base_url="https://fleet.example.org",
    service_public_key="",
    batch_id=None,
    batch_reference=None,
    operators=("an", "mo"),
    service_time=datetime(2026, 3, 1, tzinfo=UTC),
)


def about(number: int, phase: PortPhase, **fields: Any) -> dict[str, Any]:
    """A device in a phase."""
    device = {
        "model": "ThinkPad T480 256GB",
        "serial": f"S4EWNF0M3{number}",
        "asset_code": CODES[number],
        "kind": DeviceKind.LAPTOP,
    }
    return {**device, "phase": phase, **fields}


def every_scene() -> list[dict[str, Any]]:
    """One snapshot for each scene and then some: twelve."""
    write = Progress(Phase.WRITE, 90 * _GIB, 240 * _GIB, 0.12 * _GIB, 1250)
    return [
        {"phase": PortPhase.EMPTY},
        {"phase": PortPhase.IDENTIFYING},
        about(1, PortPhase.LABELLING),
        about(2, PortPhase.WAITING_SCAN),
        about(3, PortPhase.WAITING_SCAN, label_known=True),
        about(4, PortPhase.WIPING, progress=write, plan={"method": "overwrite_random"}),
        about(5, PortPhase.DONE, verdict="erased", message="Erased."),
        about(6, PortPhase.FAILED, verdict="failed", message="EIO at LBA 0x1f"),
        about(7, PortPhase.UNKNOWN, verdict="unknown"),
        about(8, PortPhase.REFUSED, trouble="SystemDisk", message="/dev/sda1 is mounted on /"),
        about(9, PortPhase.REFUSED, trouble="NothingKnownOfThis"),
        about(10, PortPhase.SET_ASIDE),
    ]


def screen_config(folder: Path, ports: int = 4, **kiosk: Any) -> BenchConfig:
    """A bench with a screen and so many ports: A1 to A4, B1, …"""
    declared = [{"name": f"{'ABC'[number // 4]}{number % 4 + 1}", "path": f"{number}.img"} for number in range(ports)]
    given = {"enabled": True, "port": 0, "language": "en", "contact": "Lies, 09 123"} | kiosk
    tree = {"station": "Bench 1", "ports": declared, "operator": "an", "kiosk": given}
    return from_tree(tree, folder / "bench.toml")


@dataclass
class ScreenBench:
    """What the screen asks of a bench."""

    shown: dict[str, PortSnapshot]
    profile: BenchProfile = PROFILE
    standing_now: Standing = field(default_factory=lambda: Standing(3, 0, 20, datetime.now(UTC), None, None))
    answer: Answer = field(default_factory=lambda: Answer(accepted=True, text="It is."))
    scans: list[tuple[str, str, VisualResult, str | None]] = field(default_factory=list)
    listeners: list[Callable[[PortSnapshot], None]] = field(default_factory=list)

    @classmethod
    def at(cls, config: BenchConfig, scenes: list[Mapping[str, Any]] | list[dict[str, Any]] | None = None) -> "ScreenBench":
        """A bench whose ports show these, the rest nothing."""
        given = [*(scenes or []), *({} for _ in config.ports)]
        return cls({port.name: PortSnapshot(port.name, **dict(what)) for port, what in zip(config.ports, given, strict=False)})

    def ports(self) -> tuple[PortSnapshot, ...]:
        return tuple(self.shown.values())

    def listen(self, listener: Callable[[PortSnapshot], None]) -> None:
        self.listeners.append(listener)

    def standing(self) -> Standing:
        return self.standing_now

    def scan(self, port: str, text: str, *, visual: VisualResult, operator: str | None) -> Answer:
        self.scans.append((port, text, visual, operator))
        return self.answer

    def show(self, port: str, **fields: Any) -> None:
        """A port shows something else."""
        self.shown[port] = replace(PortSnapshot(port), **fields)
        for listener in self.listeners:
            listener(self.shown[port])
