"""The bench of the demo: two virtual ports, enrolled with a one-time code, run by the same engine as a real one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from agents.bench import Bench, PortPhase, PortSnapshot
from agents.config import BenchConfig, PortConfig
from agents.journal.db import Journal
from agents.report.client import ServiceClient
from agents.report.enrol import enrol
from fleet.accounts import service as accounts
from fleet.auth.rules import SYSTEM, Principal, Role
from fleet.db.session import unit_of_work
from fleet.demo.drives import Drive
from fleet.demo.people import DemoStepFailed, Team
from fleet.demo.worker import read_label

STATION: Final = "Bank 1"
WAIT_S: Final = 180.0
_STOPPED: Final = frozenset({PortPhase.REFUSED, PortPhase.FAILED, PortPhase.UNKNOWN, PortPhase.SET_ASIDE})


def configure(folder: Path, address: str, drives: Sequence[Drive], image: str) -> BenchConfig:
    """The bench's settings: one virtual port for each drive."""
    ports = tuple(PortConfig(name=drive.port, path=drive.path, image=image) for drive in drives)
    return BenchConfig(
        server=address,
        station=STATION,
        state_dir=folder,
        images_dir=folder / "images",
        operator="mo",
        poll_seconds=0.2,
        codes_in_stock=4,
        ports=ports,
    )


def enrol_bench(app: FastAPI, team: Team, config: BenchConfig, journal: Journal) -> None:
    """Make a one-time code as `fleet bench code` does, and enrol with it as `bench-agent enrol` does."""
    principal = Principal(team.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "demo")
    with unit_of_work(app.state.database.engine(), team.organisation_id) as session:
        code = accounts.issue_enrolment_code(session, principal, team.site_id)
    with ServiceClient(config.server or "") as client:
        enrol(journal, config.state_dir, client, code=code, station=config.station)


def label_and_confirm(bench: Bench, drive: Drive) -> PortSnapshot:
    """Wait for the label, read it with another decoder, and scan it: that confirms the plan. Raises DemoStepFailed."""
    shown = _wait(bench, drive, PortPhase.WAITING_SCAN)
    if shown.label is None:
        raise DemoStepFailed(f"port {drive.port} shows no label")
    answer = bench.scan(drive.port, read_label(Path(shown.label)), weight_g=95)
    if not answer.accepted:
        raise DemoStepFailed(f"port {drive.port}: {answer.text}")
    return shown


def finished(bench: Bench, drive: Drive) -> PortSnapshot:
    """Wait until the drive is wiped, proven and imaged. Raises DemoStepFailed."""
    return _wait(bench, drive, PortPhase.DONE)


def _wait(bench: Bench, drive: Drive, phase: PortPhase) -> PortSnapshot:
    try:
        shown = bench.wait(drive.port, _STOPPED | {phase}, WAIT_S)
    except TimeoutError as error:
        raise DemoStepFailed(str(error)) from error
    if shown.phase is not phase:
        raise DemoStepFailed(f"port {drive.port} is {shown.phase}: {shown.message}")
    return shown
