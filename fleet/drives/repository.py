"""All SQL of the tray and of a storage's life."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, text
from sqlmodel import Session, col, func, select

from fleet.contract.kinds import DeviceKind
from fleet.db.listing import Order, Window, window
from fleet.devices.evidence import EvidenceType
from fleet.devices.models import Component, Device, Evidence
from fleet.devices.states import State

ORDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "since": ("state_since", "id"),
    "code": ("asset_code",),
    "model": ("model", "id"),
    "place": ("place", "id"),
}
"""Each has an index of drives alone (migrations 0012 and 0027)."""
_PLACES: Final = 60
_SILENT: Final = (
    EvidenceType.INTAKE,
    EvidenceType.PLACE,
    EvidenceType.VISUAL,
    EvidenceType.LABEL_PRINTED,
    EvidenceType.LABEL_SCANNED,
)
"""What every drive has and what tells nothing of its storage."""


def drives(
    session: Session, organisation: UUID, wanted: Sequence[ColumnElement[bool]], by: Order, limit: int, cursor: str | None
) -> Window[Device]:
    """Loose drives that an organisation holds."""
    query = select(Device).where(Device.kind == DeviceKind.DRIVE, Device.custodian_id == organisation, *wanted)
    return window(session, Device, [query], by, limit=limit, cursor=cursor)


def places(session: Session, organisation: UUID) -> Sequence[str]:
    """The first places where loose drives lie, by skipping from one to the next in the index."""
    rows = session.execute(
        text("""
            WITH RECURSIVE found AS (
                (SELECT place FROM device WHERE kind = 'drive' AND custodian_id = :me AND place > '' ORDER BY place LIMIT 1)
                UNION ALL
                SELECT (SELECT d.place FROM device d WHERE d.kind = 'drive' AND d.custodian_id = :me AND d.place > found.place
                        ORDER BY d.place LIMIT 1)
                FROM found WHERE found.place IS NOT NULL)
            SELECT place FROM found WHERE place IS NOT NULL LIMIT :most"""),
        {"me": organisation, "most": _PLACES},
    )
    return [row.place for row in rows]


def counts(session: Session, organisation: UUID) -> dict[State, int]:
    """How many drives stand in each state."""
    query = select(Device.state, func.count()).where(Device.kind == DeviceKind.DRIVE, Device.custodian_id == organisation)
    return {State(state): number for state, number in session.exec(query.group_by(col(Device.state))).all()}


def fitted_in(session: Session, devices: Collection[UUID]) -> Sequence[Component]:
    """The storages that these devices have now."""
    query = select(Component).where(col(Component.device_id).in_(devices), col(Component.removed_version).is_(None))
    return session.exec(query.order_by(col(Component.storage_key))).all()


def evidence_of(session: Session, devices: Collection[UUID]) -> Sequence[Evidence]:
    """What tells of these drives' storage, in order of version."""
    query = select(Evidence).where(col(Evidence.device_id).in_(devices), col(Evidence.type).not_in(_SILENT))
    return session.exec(query.order_by(col(Evidence.at_version), col(Evidence.recorded_at))).all()


def life(session: Session, key: str) -> Sequence[tuple[Component, Device]]:
    """Every device in which a storage was ever recorded, the oldest first."""
    query = select(Component, Device).join(Device, col(Device.id) == col(Component.device_id))
    query = query.where(Component.storage_key == key)
    ordered = query.order_by(col(Component.fitted_at).nulls_first(), col(Device.created_at)).limit(200)
    return session.exec(ordered).all()
