"""All SQL of leaving."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, func, select

from fleet.departures.content import MINE_OR_DEVICE, TABLES
from fleet.departures.models import Departure
from fleet.devices.models import Device
from fleet.devices.states import ENDS

_LIVE = col(Device.state).not_in(sorted(ENDS))


def get(session: Session, organisation: UUID) -> Departure | None:
    """The departure of an organisation."""
    query = select(Departure).where(Departure.organisation_id == organisation)
    return session.exec(query.execution_options(populate_existing=True)).first()


def of_token(session: Session, token_hash: bytes) -> UUID | None:
    """A named look-up: who left with this link."""
    found: UUID | None = session.execute(text("SELECT departure_of_token(:hash)"), {"hash": token_hash}).scalar_one_or_none()
    return found


def own_by_custodian(session: Session, organisation: UUID) -> Mapping[UUID, int]:
    """Its live devices by who holds them."""
    query = select(Device.custodian_id, func.count()).where(Device.owner_id == organisation, _LIVE)
    return dict(session.exec(query.group_by(col(Device.custodian_id))).all())


def held_by_owner(session: Session, organisation: UUID) -> Mapping[UUID, int]:
    """Live devices of others that it holds, by owner."""
    query = select(Device.owner_id, func.count()).where(Device.custodian_id == organisation, _LIVE)
    return dict(session.exec(query.where(Device.owner_id != organisation).group_by(col(Device.owner_id))).all())


def codes(session: Session, owner: UUID, custodians: Sequence[UUID], limit: int) -> Sequence[str]:
    """Asset codes of live devices of an owner that these hold and that are not under way."""
    query = select(Device.asset_code).where(Device.owner_id == owner, col(Device.custodian_id).in_(custodians), _LIVE)
    return session.exec(query.where(col(Device.incoming_id).is_(None)).order_by(col(Device.asset_code)).limit(limit)).all()


def count(session: Session, what: str, organisation: UUID) -> int:
    """How many open things of a kind it has: a name of `_OPEN`."""
    return int(session.execute(text(_OPEN[what]), {"me": organisation}).scalar_one())


_OPEN = {
    "tasks": "SELECT count(*) FROM task WHERE organisation_id = :me AND closed_at IS NULL",
    "batches": "SELECT count(*) FROM intake_batch WHERE organisation_id = :me AND closed_at IS NULL",
    "benches": "SELECT count(*) FROM bench WHERE organisation_id = :me AND revoked_at IS NULL",
    "transfers": """SELECT count(*) FROM transfer WHERE (sender_id = :me OR receiver_id = :me) AND status IN ('draft', 'sent')""",
}
_SHUT = (
    "UPDATE membership SET active = false WHERE organisation_id = :me",
    "UPDATE account_session SET revoked_at = now() WHERE organisation_id = :me AND revoked_at IS NULL",
    "UPDATE api_token SET revoked_at = now() WHERE organisation_id = :me AND revoked_at IS NULL",
    "UPDATE workstation SET revoked_at = now() WHERE organisation_id = :me AND revoked_at IS NULL",
    "UPDATE bench SET revoked_at = now() WHERE organisation_id = :me AND revoked_at IS NULL",
    "UPDATE enrolment_code SET expires_at = least(expires_at, now()) WHERE organisation_id = :me AND used_at IS NULL",
    "UPDATE workstation_code SET expires_at = least(expires_at, now()) WHERE organisation_id = :me AND used_at IS NULL",
    "UPDATE reset_link SET expires_at = least(expires_at, now()) WHERE organisation_id = :me AND used_at IS NULL",
    "UPDATE organisation SET left_at = now() WHERE id = :me",
)


def shut(session: Session, organisation: UUID) -> None:
    """Nobody and no machine acts for it any more."""
    for statement in _SHUT:
        session.execute(text(statement), {"me": organisation})
    session.expire_all()


def rows(session: Session, table: str, organisation: UUID) -> Iterator[str]:
    """Every row of a file of `TABLES` that it may see, each as a line of JSON, in the order of their ids."""
    found = session.execute(text(TABLES[table]), {"me": organisation}, execution_options={"yield_per": 1000})
    return (row[0] for row in found)


def certificate_ids(session: Session, organisation: UUID) -> Sequence[UUID]:
    """Every wipe certificate of a device that it may see."""
    mine = "SELECT id FROM wipe_certificate WHERE organisation_id = :me OR device_id IN (SELECT id FROM device) ORDER BY id"
    return [row.id for row in session.execute(text(mine), {"me": organisation})]


def photos(session: Session, organisation: UUID) -> Iterator[tuple[UUID, str, bytes]]:
    """Photographs of the destructions in the export: id of the record, media type, bytes."""
    query = text(f"SELECT id, photo_type, photo FROM destruction_record WHERE {MINE_OR_DEVICE} ORDER BY id")  # noqa: S608 - text of ours
    for row in session.execute(query, {"me": organisation}, execution_options={"yield_per": 8}):  # some MiB each
        yield row.id, row.photo_type, bytes(row.photo)
