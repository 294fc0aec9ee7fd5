"""Who may move devices: a caller type for handlers."""

from typing import Annotated

from fastapi import Depends

from fleet.auth.identity import StaffUnit, Unit
from fleet.auth.rules import demand
from fleet.custody.rules import MOVERS


async def mover(unit: StaffUnit) -> Unit:
    """Somebody of the workshop, the desk, or a manager. Raises RoleMissing."""
    demand(unit.principal, *MOVERS)
    return unit


MoverUnit = Annotated[Unit, Depends(mover, scope="function")]
