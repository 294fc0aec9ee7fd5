"""Tables of transfers. Who holds a device stands in the device's own row; functions of the database alone change it."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.custody.rules import LineStatus, Ownership, TransferStatus
from fleet.db.columns import computed_moment_field, enum_type, id_field, moment_field, optional_moment_field


class Transfer(SQLModel, table=True):
    """Devices on their way from one holder to another; between two sites of one organisation sender and receiver are the same.

    `driver` is a name of a person: it stands here and on paper, never in the chain. `since_at`: when it came to its status.
    """

    __tablename__ = "transfer"

    id: UUID = id_field()
    reference: str = Field(max_length=20)
    sender_id: UUID
    receiver_id: UUID
    from_site_id: UUID | None = None
    to_site_id: UUID | None = None
    status: TransferStatus = Field(default=TransferStatus.DRAFT, sa_type=enum_type(TransferStatus))
    ownership: Ownership = Field(default=Ownership.KEPT, sa_type=enum_type(Ownership))
    driver: str = Field(default="", max_length=120)
    carrier_reference: str = Field(default="", max_length=120)
    seal: str = Field(default="", max_length=80)
    created_at: datetime = moment_field()
    created_by: UUID | None = None
    sent_at: datetime | None = optional_moment_field()
    closed_at: datetime | None = optional_moment_field()
    since_at: datetime = computed_moment_field("coalesce(closed_at, sent_at, created_at)")


class TransferLine(SQLModel, table=True):
    """One device of a transfer. `device_id` is absent for what came unannounced: who scans it may not learn whose it is."""

    __tablename__ = "transfer_line"

    id: UUID = id_field()
    transfer_id: UUID = Field(foreign_key="transfer.id")
    device_id: UUID | None = None
    asset_code: str = Field(max_length=8)
    description: str = Field(default="", max_length=500)
    status: LineStatus = Field(sa_type=enum_type(LineStatus))
    added_at: datetime = moment_field()
    received_at: datetime | None = optional_moment_field()
