"""JSON API of asset codes."""

from fastapi import APIRouter, status
from pydantic import BaseModel, Field

from fleet.auth.identity import BENCH, STAFF, BenchUnit, StaffUnit
from fleet.contract.bench import Lease, LeaseRequest
from fleet.tags import service
from fleet.tags.service import CodesUsedUp
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid
from labels.codes import show

router = APIRouter(prefix="/api/v1", tags=["codes"], responses=problems(RequestInvalid))


class CodeIssued(BaseModel):
    """One asset code."""

    code: str = Field(examples=["8YZABCDE"], description="as it is stored and sent")
    shown: str = Field(examples=["8YZA-BCDE"], description="as people read it")


@router.post("/bench/codes/leases", tags=["bench"], responses=problems(*BENCH, CodesUsedUp))
def lease_codes(unit: BenchUnit, body: LeaseRequest) -> Lease:
    """A block of codes for a bench; the same request id gives the same block."""
    codes = service.lease(unit.session, unit.principal, unit.key.bench_id, body.request_id, body.count)
    return Lease(request_id=body.request_id, codes=codes)


@router.post("/codes", status_code=status.HTTP_201_CREATED, responses=problems(*STAFF, CodesUsedUp))
def issue_code(unit: StaffUnit) -> CodeIssued:
    """One code, for a device that is received by hand."""
    code = service.issue_one(unit.session, unit.principal)
    return CodeIssued(code=code, shown=show(code))
