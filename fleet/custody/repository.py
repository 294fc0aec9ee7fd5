"""All SQL of transfers, and the database's functions that alone change who owns, holds and expects a device."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, text, tuple_, update
from sqlmodel import Session, col, func, or_, select

from fleet.custody.models import Transfer, TransferLine
from fleet.custody.rules import LineStatus, TransferStatus
from fleet.db.keyset import Page, decode_moment, page_of
from fleet.devices.models import Device


def get(session: Session, organisation: UUID, transfer_id: UUID, *, lock: bool = False) -> Transfer | None:
    """A transfer that the organisation sends or receives; locked until the transaction ends when asked."""
    mine = or_(Transfer.sender_id == organisation, Transfer.receiver_id == organisation)
    query = select(Transfer).where(Transfer.id == transfer_id, mine).execution_options(populate_existing=True)
    return session.exec(query.with_for_update(key_share=True) if lock else query).first()


def page(session: Session, organisation: UUID, open_only: bool, limit: int, cursor: str | None) -> Page[Transfer]:
    """The organisation's transfers, the newest first."""
    query = select(Transfer).where(or_(Transfer.sender_id == organisation, Transfer.receiver_id == organisation))
    if open_only:
        query = query.where(col(Transfer.status).in_((TransferStatus.DRAFT, TransferStatus.SENT)))
    if cursor is not None:
        query = query.where(tuple_(col(Transfer.created_at), col(Transfer.id)) < decode_moment(cursor))
    rows = session.exec(query.order_by(col(Transfer.created_at).desc(), col(Transfer.id).desc()).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.created_at.isoformat(), str(row.id)))


def next_number(session: Session, organisation: UUID, year: int) -> int:
    """The number of the sender's next transfer in a year; unique under the chain's lock."""
    query = select(func.count()).where(Transfer.sender_id == organisation, col(Transfer.reference).startswith(f"T-{year}-"))
    return session.exec(query).one() + 1


def lines(session: Session, transfer_id: UUID) -> Sequence[TransferLine]:
    """What is on a transfer, in the order of the scans."""
    query = select(TransferLine).where(TransferLine.transfer_id == transfer_id)
    query = query.order_by(col(TransferLine.added_at), col(TransferLine.id)).limit(1000)
    return session.exec(query.execution_options(populate_existing=True)).all()


def line(session: Session, transfer_id: UUID, code: str) -> TransferLine | None:
    """The line of a device, locked until the transaction ends."""
    query = select(TransferLine).where(TransferLine.transfer_id == transfer_id, TransferLine.asset_code == code)
    return session.exec(query.with_for_update(key_share=True).execution_options(populate_existing=True)).first()


def tallies(session: Session, transfers: Collection[UUID]) -> Mapping[UUID, Mapping[LineStatus, int]]:
    """How many lines of these transfers stand where."""
    query = select(TransferLine.transfer_id, TransferLine.status, func.count()).where(
        col(TransferLine.transfer_id).in_(transfers)
    )
    found: dict[UUID, dict[LineStatus, int]] = {}
    for transfer_id, status, number in session.exec(
        query.group_by(col(TransferLine.transfer_id), col(TransferLine.status))
    ).all():
        found.setdefault(transfer_id, {})[LineStatus(status)] = number
    return found


@dataclass(frozen=True)
class Waiting:
    """How many transfers wait for somebody: to be packed, to come in, to arrive elsewhere, and those with missing devices."""

    packing: int
    coming: int
    leaving: int
    missing: int


def waiting(session: Session, organisation: UUID) -> Waiting:
    """What is not finished, counted along indexes that hold little else."""
    row = session.execute(
        text("""
            SELECT count(*) FILTER (WHERE status = 'draft' AND sender_id = :me) AS packing,
                   count(*) FILTER (WHERE status = 'sent' AND receiver_id = :me) AS coming,
                   count(*) FILTER (WHERE status = 'sent' AND sender_id = :me) AS leaving,
                   (SELECT count(DISTINCT t.id) FROM transfer_line l JOIN transfer t ON t.id = l.transfer_id
                     WHERE l.status = 'missing' AND (t.sender_id = :me OR t.receiver_id = :me)) AS missing
              FROM transfer WHERE (sender_id = :me OR receiver_id = :me) AND status IN ('draft', 'sent')"""),
        {"me": organisation},
    ).one()
    return Waiting(row.packing, row.coming, row.leaving, row.missing)


def partners(session: Session, organisation: UUID) -> Sequence[UUID]:
    """The other sides of an organisation's transfers, each once, by skipping from one to the next in an index; at most 300."""
    rows = session.execute(
        text("""
            WITH RECURSIVE sent AS (
                (SELECT receiver_id AS id FROM transfer WHERE sender_id = :me ORDER BY receiver_id LIMIT 1)
                UNION ALL
                SELECT (SELECT t.receiver_id FROM transfer t WHERE t.sender_id = :me AND t.receiver_id > sent.id
                        ORDER BY t.receiver_id LIMIT 1)
                FROM sent WHERE sent.id IS NOT NULL),
            coming AS (
                (SELECT sender_id AS id FROM transfer WHERE receiver_id = :me ORDER BY sender_id LIMIT 1)
                UNION ALL
                SELECT (SELECT t.sender_id FROM transfer t WHERE t.receiver_id = :me AND t.sender_id > coming.id
                        ORDER BY t.sender_id LIMIT 1)
                FROM coming WHERE coming.id IS NOT NULL)
            SELECT id FROM sent WHERE id <> :me UNION SELECT id FROM coming WHERE id <> :me LIMIT 300"""),
        {"me": organisation},
    )
    return [row.id for row in rows]


def set_lines(session: Session, transfer_id: UUID, source: Collection[LineStatus], target: LineStatus) -> None:
    """Move all lines of some statuses to another."""
    mine = col(TransferLine.transfer_id) == transfer_id
    statement = update(TransferLine).where(mine, col(TransferLine.status).in_(source)).values(status=target)
    session.connection().execute(statement)
    session.expire_all()


def forget_line(session: Session, line_id: UUID) -> None:
    """Take a line off a list that has not gone."""
    session.connection().execute(delete(TransferLine).where(col(TransferLine.id) == line_id))
    session.expire_all()


def devices(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Device]:
    """The devices that the caller may see, as their rows are now."""
    query = select(Device).where(col(Device.id).in_(ids)).execution_options(populate_existing=True)
    return {device.id: device for device in session.exec(query).all()}


def open_line(session: Session, device_id: UUID) -> TransferLine | None:
    """The line on which a device is packed, under way or missing, as far as the caller sees it."""
    waiting = (LineStatus.PACKED, LineStatus.UNDER_WAY, LineStatus.MISSING)
    query = select(TransferLine).where(TransferLine.device_id == device_id, col(TransferLine.status).in_(waiting))
    return session.exec(query).first()


def send(session: Session, transfer_id: UUID) -> Mapping[UUID, int]:
    """From here the receiver expects the devices; device ids with their new versions."""
    rows = session.execute(text("SELECT * FROM custody_send(:id)"), {"id": transfer_id})
    return {row.device_id: row.version for row in rows}


def receive(session: Session, transfer_id: UUID, device_id: UUID, shelf: str) -> int | None:
    """The receiver holds the device; its new version, None when the transfer does not allow it."""
    given = {"id": transfer_id, "device": device_id, "shelf": shelf}
    version: int | None = session.execute(text("SELECT custody_receive(:id, :device, :shelf)"), given).scalar_one_or_none()
    return version


def recall(session: Session, transfer_id: UUID, device_id: UUID) -> int | None:
    """Nobody expects the device any more; its new version, None when the transfer does not allow it."""
    given = {"id": transfer_id, "device": device_id}
    version: int | None = session.execute(text("SELECT custody_recall(:id, :device)"), given).scalar_one_or_none()
    return version


def open_transfers(session: Session, organisation: UUID) -> Sequence[Transfer]:
    """What the organisation packs, sends or expects; at most 200."""
    query = select(Transfer).where(or_(Transfer.sender_id == organisation, Transfer.receiver_id == organisation))
    query = query.where(col(Transfer.status).in_((TransferStatus.DRAFT, TransferStatus.SENT)))
    return session.exec(query.order_by(col(Transfer.created_at)).limit(200)).all()
