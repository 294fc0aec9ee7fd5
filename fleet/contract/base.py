"""What every wire type has in common."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer

_CONTROL: Final = {code: f"\\x{code:02x}" for code in [*range(0x20), 0x7F]}


class Wire(BaseModel):
    """A frozen wire type that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")


def escape_controls(text: str) -> str:
    r"""Control characters as `\xNN`: firmware strings hold them, PostgreSQL refuses NUL."""
    return text.translate(_CONTROL)


def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds and `Z`, so that equal moments are equal bytes."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


Text = Annotated[str, AfterValidator(escape_controls)]
Moment = Annotated[AwareDatetime, PlainSerializer(utc_text, return_type=str)]
