"""Tables of certificates, of what the service thinks of them, and of policies; all append-only.

`payload` and `document` are the truth, the other columns repeat it for queries.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from fleet.contract.kinds import Adequacy, Level, Method
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


class WipePolicyVersion(SQLModel, table=True):
    """One version of an organisation's policy, as canonical JSON; the highest counts."""

    __tablename__ = "wipe_policy"

    organisation_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    document: bytes = bytes_field()
    set_by: UUID | None = None
    set_at: datetime = moment_field()


class WipeValidation(SQLModel, table=True):
    """Whether a certificate is adequate: first (1) as the service decided, then (2) as a second person did; the last counts.

    `device_version` is the device's when the certificate came in, `operator_id` the account that carried the wipe out.
    """

    __tablename__ = "wipe_validation"

    certificate_id: UUID = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    organisation_id: UUID
    device_id: UUID
    adequacy: Adequacy = Field(sa_type=enum_type(Adequacy))
    grounds: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String(40)), nullable=False))
    policy_version: int
    device_version: int
    operator_id: UUID | None = None
    decided_by: UUID | None = None
    decided_at: datetime = moment_field()
    note: str = ""
