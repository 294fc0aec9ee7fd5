"""What the JSON API of passkeys takes and gives. Names of fields inside a credential are those of WebAuthn's own JSON."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from fleet.accounts.passkeys_rules import MAX_NAME
from fleet.accounts.rules import MAX_PASSWORD

_KIB: Final = 1024
_CREDENTIAL: Final = "AQIDBAUGBwgJCgsMDQ4PEA"


def _base64url(longest: int) -> Any:  # noqa: ANN401 - Field() gives Any too
    return Field(pattern=r"^[A-Za-z0-9_-]+$", min_length=1, max_length=longest)


CredentialId = Annotated[str, _base64url(1400)]
"""At most 1023 bytes (WebAuthn 3, 4: credential ID)."""
Text = Annotated[str, _base64url(64 * _KIB)]


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class AttestationIn(BaseModel):
    """The authenticator's answer about a new key."""

    clientDataJSON: Text  # noqa: N815 - WebAuthn's own name
    attestationObject: Text  # noqa: N815 - as above
    transports: list[Annotated[str, Field(max_length=20)]] = Field(default_factory=list, max_length=10)


class AssertionIn(BaseModel):
    """The authenticator's signature."""

    clientDataJSON: Text  # noqa: N815 - as above
    authenticatorData: Text  # noqa: N815 - as above
    signature: Text
    userHandle: Annotated[str, _base64url(100)]  # noqa: N815 - as above; a discoverable credential always gives it


class MadeIn(BaseModel):
    """`PublicKeyCredential.toJSON()` after `create()`."""

    id: CredentialId
    rawId: CredentialId  # noqa: N815 - as above
    type: Literal["public-key"]
    response: AttestationIn


class UsedIn(BaseModel):
    """`PublicKeyCredential.toJSON()` after `get()`."""

    id: CredentialId
    rawId: CredentialId  # noqa: N815 - as above
    type: Literal["public-key"]
    response: AssertionIn


_USED: Final[dict[str, Any]] = {
    "id": _CREDENTIAL,
    "rawId": _CREDENTIAL,
    "type": "public-key",
    "response": {
        "clientDataJSON": _CREDENTIAL,
        "authenticatorData": _CREDENTIAL,
        "signature": _CREDENTIAL,
        "userHandle": _CREDENTIAL,
    },
}


class ProofIn(BaseModel):
    """The password, when the sign-in is older than ten minutes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    password: SecretStr | None = Field(default=None, max_length=MAX_PASSWORD)


class OptionsOut(BaseModel):
    """What to hand to the browser's `navigator.credentials`."""

    publicKey: dict[str, Any] = Field(  # noqa: N815 - as above
        examples=[{"challenge": _CREDENTIAL, "rpId": "herstart.example", "userVerification": "required"}]
    )


class PasskeyIn(BaseModel):
    """A new passkey."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME, examples=["My phone"])
    credential: MadeIn


class PasskeyName(BaseModel):
    """Another name."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "My phone"}]})

    name: str = Field(min_length=1, max_length=MAX_NAME)


class PasskeyOut(_Out):
    """A passkey, without its key."""

    id: UUID
    name: str = Field(examples=["My phone"])
    backed_up: bool
    created_at: datetime
    last_used_at: datetime | None
    blocked_at: datetime | None = Field(description="a copy of it was used: it opens nothing any more")


class PasskeySignInIn(BaseModel):
    """A passkey's answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"credential": _USED}]})

    credential: UsedIn
