"""All SQL of hardware reports and check-lists."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from fleet.checks.models import CheckList, HardwareRecord

MOST_REPORTS = 50
"""More than enough to find the last one of the machine itself among those of its drives."""


def reports(session: Session, device_id: UUID) -> Sequence[HardwareRecord]:
    """The last reports of a device, the newest first."""
    query = select(HardwareRecord).where(HardwareRecord.device_id == device_id)
    query = query.order_by(col(HardwareRecord.received_at).desc(), col(HardwareRecord.id).desc())
    return session.exec(query.limit(MOST_REPORTS)).all()


def newest_list(session: Session, device_id: UUID) -> CheckList | None:
    """The last check-list of a device."""
    query = select(CheckList).where(CheckList.device_id == device_id)
    return session.exec(query.order_by(col(CheckList.made_at).desc(), col(CheckList.id).desc())).first()
