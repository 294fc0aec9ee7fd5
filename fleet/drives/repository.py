"""All SQL of the tray and of a storage's life."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, func, select

from fleet.contract.kinds import DeviceKind
from fleet.db.listing import Order, Window, window
from fleet.devices.models import Component, Device, Evidence
from fleet.devices.states import State

_ORDER: Final = Order("since", ("state_since", "id"))


def drives(session: Session, organisation: UUID, states: Collection[State], limit: int, cursor: str | None) -> Window[Device]:
    """Loose drives that an organisation holds, those longest in their state first."""
    query = select(Device).where(Device.kind == DeviceKind.DRIVE, Device.custodian_id == organisation)
    query = query.where(col(Device.state).in_(states))
    return window(session, Device, [query], _ORDER, limit=limit, cursor=cursor)


def counts(session: Session, organisation: UUID) -> dict[State, int]:
    """How many drives stand in each state."""
    query = select(Device.state, func.count()).where(Device.kind == DeviceKind.DRIVE, Device.custodian_id == organisation)
    return {State(state): number for state, number in session.exec(query.group_by(col(Device.state))).all()}


def fitted_in(session: Session, devices: Collection[UUID]) -> Sequence[Component]:
    """The storages that these devices have now."""
    query = select(Component).where(col(Component.device_id).in_(devices), col(Component.removed_version).is_(None))
    return session.exec(query.order_by(col(Component.storage_key))).all()


def evidence_of(session: Session, devices: Collection[UUID]) -> Sequence[Evidence]:
    """The evidence of these devices, in order of version."""
    query = select(Evidence).where(col(Evidence.device_id).in_(devices))
    return session.exec(query.order_by(col(Evidence.at_version), col(Evidence.recorded_at))).all()


def life(session: Session, key: str) -> Sequence[tuple[Component, Device]]:
    """Every device in which a storage was ever recorded, the oldest first."""
    query = select(Component, Device).join(Device, col(Device.id) == col(Component.device_id))
    query = query.where(Component.storage_key == key)
    ordered = query.order_by(col(Component.fitted_at).nulls_first(), col(Device.created_at)).limit(200)
    return session.exec(ordered).all()
