"""What a bench tells of its ports."""

from fastapi import APIRouter, Response, status

from fleet.auth.identity import BENCH, BenchUnit
from fleet.contract.ports import PORTS_PATH, PortsShown
from fleet.stations import service
from fleet.web.problem_docs import problems
from fleet.web.problems import RequestInvalid

router = APIRouter(tags=["bench"], responses=problems(RequestInvalid))


@router.put(PORTS_PATH, status_code=status.HTTP_204_NO_CONTENT, responses=problems(*BENCH), response_class=Response)
def show_ports(unit: BenchUnit, body: PortsShown) -> None:
    """Show what stands in the ports now, instead of what stood there before. Nothing is kept of the past."""
    service.tell(unit.session, unit.principal, body)
