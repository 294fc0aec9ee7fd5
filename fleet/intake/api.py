"""What benches call: enrolment, profile, recognition and events, under /api/v1/bench."""

from typing import Annotated

from fastapi import APIRouter, Query

from fleet.accounts import service as accounts
from fleet.accounts.service import EnrolmentCodeInvalid
from fleet.auth.identity import BENCH, BenchUnit
from fleet.contract.bench import BenchProfile, EnrolRequest, IntakeReceipt, Recognised
from fleet.contract.signing import SignedDocument
from fleet.db.session import SessionDep
from fleet.intake import service, station
from fleet.intake.service import EventNotAuthentic
from fleet.intake.station import NotRecognised
from fleet.web.configured import SettingsDep
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(prefix="/api/v1/bench", tags=["bench"], responses=problems(RequestInvalid))


@router.post("/enrol", responses=problems(EnrolmentCodeInvalid))
def enrol(session: SessionDep, settings: SettingsDep, body: EnrolRequest) -> BenchProfile:
    """Exchange a one-time code and a public key for a place in the organisation. The private half never leaves the bench."""
    bench = accounts.enrol(session, body.code, body.public_key, body.station, body.agent_version)
    return station.profile(session, settings, bench)


@router.get("/profile", responses=problems(*BENCH))
def read_profile(unit: BenchUnit, settings: SettingsDep) -> BenchProfile:
    """What the bench must know to work alone."""
    return station.profile(unit.session, settings, accounts.get_bench(unit.session, unit.key.bench_id))


@router.get("/recognise", responses=problems(*BENCH, NotRecognised))
def recognise(
    unit: BenchUnit,
    key: Annotated[str, Query(min_length=5, max_length=600, description="StorageIdentity.key")],
    serial: Annotated[str | None, Query(max_length=200, description="for drives that were received by hand")] = None,
) -> Recognised:
    """The device in which a storage medium is fitted."""
    return station.recognise(unit.session, key, serial)


@router.post("/events", responses=problems(*BENCH, EventNotAuthentic))
def post_event(unit: BenchUnit, body: SignedDocument) -> IntakeReceipt:
    """Take in one signed event. Every 2xx means that it is stored; sent twice it is stored once."""
    bench = accounts.get_bench(unit.session, unit.key.bench_id)
    return service.take_in(unit.session, station.sender(bench), body)
