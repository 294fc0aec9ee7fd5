"""The certificate table; append-only. `payload` is the signed document, the other columns repeat it for queries."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from fleet.contract.kinds import Level, Method
from fleet.db.columns import bytes_field, enum_type, moment_field


class WipeCertificate(SQLModel, table=True):
    """One accepted certificate, exactly as the bench signed it."""

    __tablename__ = "wipe_certificate"

    id: UUID = Field(primary_key=True)
    organisation_id: UUID
    device_id: UUID
    storage_key: str
    level: Level = Field(sa_type=enum_type(Level))
    method: Method = Field(sa_type=enum_type(Method))
    payload: bytes = bytes_field()
    signature: bytes = bytes_field()
    key_id: str
    public_key: str
    accepted_at: datetime = moment_field()
