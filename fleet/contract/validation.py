"""The service's word on a certificate: whether a proven sanitization is adequate, signed with the service's key."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.kinds import Adequacy


class ValidationStatement(Wire):
    """Who decided it, in which role, where and when (the signature is the document's), under which policy."""

    schema_: Literal["heropstart.validation/1"] = Field(default="heropstart.validation/1", alias="schema")
    certificate_id: UUID
    certificate_sha256: Text = Field(pattern=r"^[0-9a-f]{64}$", description="of the certificate's canonical bytes")
    adequacy: Adequacy
    grounds: tuple[Text, ...] = ()
    policy_version: int = Field(ge=0, description="0: no policy was set, the default rule holds")
    person: Text = Field(description="login of the second person, or the service when the policy alone decided")
    role: Text
    place: Text
    decided_at: Moment

    model_config = Wire.model_config | {"populate_by_name": True, "serialize_by_alias": True}
