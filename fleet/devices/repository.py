"""All SQL of devices. Row-level security is the second filter; the queries name what they look for themselves."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text, update
from sqlmodel import Session, col, func, or_, select

from fleet.contract.kinds import DeviceKind
from fleet.db.columns import utc_now
from fleet.devices.models import Component, Device, Evidence, Identifier, IdentifierKind
from fleet.devices.states import State

_FRESH = select(Device).execution_options(populate_existing=True)
"""`move` writes past the session's bookkeeping, so an undone savepoint does not bring the old values back by itself."""


WEIGHED_AT_MOST: Final = 101
"""Of how many devices a median weight is taken: odd, so that one of them is in the middle."""


def by_code(session: Session, code: str) -> Device | None:
    """A device by its asset code (8 characters, upper case), as its row is now."""
    return session.exec(_FRESH.where(Device.asset_code == code)).first()


def by_id(session: Session, device_id: UUID) -> Device | None:
    """A device by its id, as its row is now."""
    return session.exec(_FRESH.where(Device.id == device_id)).first()


def move(session: Session, device: Device, changes: Mapping[str, object]) -> bool:
    """Write `changes` and the next version, if nobody was faster; false if somebody was."""
    statement = (
        update(Device)
        .where(col(Device.id) == device.id, col(Device.version) == device.version)
        .values(**changes, version=device.version + 1)
        .execution_options(synchronize_session=False)
    )
    done = session.connection().execute(statement)
    session.refresh(device)
    return done.rowcount == 1


def evidence_of(session: Session, device_id: UUID) -> Sequence[Evidence]:
    """A device's evidence in order of version."""
    query = select(Evidence).where(Evidence.device_id == device_id)
    return session.exec(query.order_by(col(Evidence.at_version), col(Evidence.recorded_at))).all()


def fitted(session: Session, device_id: UUID) -> Sequence[Component]:
    """The storage that is fitted now."""
    query = select(Component).where(Component.device_id == device_id, col(Component.removed_version).is_(None))
    return session.exec(query.order_by(col(Component.storage_key))).all()


def components_of(session: Session, device_id: UUID) -> Sequence[Component]:
    """Every storage that was ever fitted."""
    query = select(Component).where(Component.device_id == device_id)
    return session.exec(query.order_by(col(Component.fitted_version), col(Component.storage_key))).all()


def holders_of_key(session: Session, storage_key: str) -> Sequence[Device]:
    """Live devices in which this storage is fitted: one, unless serials repeat."""
    query = (
        select(Device)
        .join(Component, col(Component.device_id) == col(Device.id))
        .where(Component.storage_key == storage_key, col(Component.removed_version).is_(None), col(Device.state) != State.MERGED)
    )
    return session.exec(query.order_by(col(Device.created_at)).limit(10)).all()


def unread_drives(session: Session, serial: str) -> Sequence[Device]:
    """Drives that were received by hand under this serial (upper case, no spaces) and that no bench has read yet."""
    read = select(Component.device_id).where(Component.device_id == Device.id).exists()
    query = (
        select(Device)
        .join(Identifier, col(Identifier.device_id) == col(Device.id))
        .where(Identifier.value == serial, Identifier.kind == IdentifierKind.SERIAL, Device.kind == DeviceKind.DRIVE)
        .where(col(Identifier.removed_at).is_(None))
        .where(~read, col(Device.state) != State.MERGED)
    )
    return session.exec(query.limit(10)).all()


def median_weight(session: Session, organisation: UUID, kind: DeviceKind, manufacturer: str, model: str) -> int | None:
    """What an organisation's devices of one make and model weigh, in grams; None when none of them was ever weighed.

    The lower median of the newest that were weighed: a slip of one pair of scales moves it little, and no more rows are read
    when there are thousands.
    """
    weighed = (
        select(Device.weight_g)
        .where(Device.owner_id == organisation, Device.kind == kind, col(Device.weighed_at).is_not(None))
        .where(func.upper(Device.manufacturer) == func.upper(manufacturer), func.upper(Device.model) == func.upper(model))
        .order_by(col(Device.weighed_at).desc())
        .limit(WEIGHED_AT_MOST)
        .subquery()
    )
    median: int | None = session.exec(select(func.percentile_disc(0.5).within_group(weighed.c.weight_g))).one()
    return median


def identifiers_of(session: Session, device_id: UUID) -> Sequence[Identifier]:
    """What a device is known by now."""
    query = select(Identifier).where(Identifier.device_id == device_id, col(Identifier.removed_at).is_(None))
    return session.exec(query.order_by(col(Identifier.kind), col(Identifier.value))).all()


def identifier(session: Session, identifier_id: UUID) -> Identifier | None:
    """One number of a device, removed or not."""
    return session.exec(select(Identifier).where(Identifier.id == identifier_id)).first()


def identified(
    session: Session, value: str, kinds: Collection[IdentifierKind] | None = None, scope: str | None = None
) -> Sequence[tuple[Device, Identifier]]:
    """Devices known by this number (upper case, no spaces), each with the number that fits; the oldest device first.

    `scope` names the other system that gave the number. A barcode may leave the host out: then every host of that system fits,
    and a number that was attached without a system fits every one.
    """
    query = select(Device, Identifier).join(Identifier, col(Identifier.device_id) == col(Device.id))
    query = query.where(Identifier.value == value, col(Identifier.removed_at).is_(None))
    if kinds is not None:
        query = query.where(col(Identifier.kind).in_(kinds))
    if scope is not None:
        name, _, host = scope.partition(" ")
        same = col(Identifier.system).in_({"", name, scope})
        query = query.where(same if host else or_(same, col(Identifier.system).startswith(f"{name} ", autoescape=True)))
    return session.exec(query.order_by(col(Device.created_at), col(Identifier.kind)).limit(20)).all()


def counts(session: Session) -> Mapping[State, int]:
    """How many devices stand in each state, of those that the caller's organisation owns or holds: a named look-up."""
    rows = session.execute(text("SELECT state, number FROM device_counts()"))
    return {State(row.state): row.number for row in rows}


def counts_by_state(session: Session, batch_ids: Sequence[UUID]) -> Mapping[State, int]:
    """How many devices of these intake batches stand in each state, also those that have another owner by now."""
    rows = session.execute(text("SELECT * FROM batch_counts(:ids)"), {"ids": list(batch_ids)})
    return {State(row.state): row.number for row in rows}


def organisation_of_code(session: Session, code: str) -> UUID | None:
    """Whose device this is, before the caller's organisation is known: a named look-up that tells nothing else."""
    return session.execute(text("SELECT device_organisation(:code)"), {"code": code}).scalar_one_or_none()


def remove_component(session: Session, component: Component, version: int) -> None:
    """A storage came out of its device."""
    component.removed_version, component.removed_at = version, utc_now()
    session.add(component)
    session.flush()
