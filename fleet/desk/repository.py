"""SQL of actions on several devices, and of where a workstation stands."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from fleet.accounts.workstations_models import Workstation
from fleet.desk.models import BulkRun
from fleet.devices.models import Device


def run(session: Session, organisation: UUID, account: UUID | None, run_id: UUID, *, lock: bool = False) -> BulkRun | None:
    """One person's run, if wanted locked until the transaction ends: of two tabs only one goes on at a time."""
    query = select(BulkRun).where(BulkRun.id == run_id, BulkRun.organisation_id == organisation, BulkRun.account_id == account)
    return session.exec(query.with_for_update() if lock else query).first()


def forget_runs(session: Session, organisation: UUID, before: datetime) -> None:
    """Delete runs that nobody looks at any more; what they did stands in the history of each device."""
    old = delete(BulkRun).where(col(BulkRun.organisation_id) == organisation, col(BulkRun.created_at) < before)
    session.connection().execute(old)


def devices(session: Session, codes: Collection[str]) -> Sequence[Device]:
    """The devices of these codes that the caller's organisation sees, by code."""
    return session.exec(select(Device).where(col(Device.asset_code).in_(codes)).order_by(col(Device.asset_code))).all()


def site_of_workstation(session: Session, organisation: UUID, workstation: UUID) -> UUID | None:
    """Where a computer of the organisation stands."""
    query = select(Workstation.site_id).where(Workstation.organisation_id == organisation, Workstation.id == workstation)
    return session.exec(query).first()
