"""All SQL of hardware reports and check-lists."""

from uuid import UUID

from sqlmodel import Session, col, select

from fleet.checks.models import CheckList, HardwareRecord


def newest_report(session: Session, device_id: UUID) -> HardwareRecord | None:
    """The last report of a device."""
    query = select(HardwareRecord).where(HardwareRecord.device_id == device_id)
    return session.exec(query.order_by(col(HardwareRecord.received_at).desc(), col(HardwareRecord.id).desc())).first()


def newest_list(session: Session, device_id: UUID) -> CheckList | None:
    """The last check-list of a device."""
    query = select(CheckList).where(CheckList.device_id == device_id)
    return session.exec(query.order_by(col(CheckList.made_at).desc(), col(CheckList.id).desc())).first()
