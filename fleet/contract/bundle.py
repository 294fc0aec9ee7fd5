"""Signed events in a file: what a bench or live stick without a network hands over by hand."""

from typing import Final, Literal
from uuid import UUID

from pydantic import Field, ValidationError

from fleet.contract.base import Moment, Text, Wire
from fleet.contract.signing import SignedDocument

MAX_BUNDLE_BYTES: Final = 256 << 20


class BundleError(ValueError):
    """This is no file of bench events."""


class EventBundle(Wire):
    """Events of one bench in their order. Each is signed on its own: the file needs no trust, and may be taken in twice."""

    schema_: Literal["heropstart.events/1"] = Field(default="heropstart.events/1", alias="schema")
    bench_id: UUID
    key_id: Text
    made_at: Moment
    events: tuple[SignedDocument, ...]

    model_config = Wire.model_config | {"populate_by_name": True, "serialize_by_alias": True}


def read_bundle(data: bytes) -> EventBundle:
    """The events of a file. Raises BundleError."""
    if len(data) > MAX_BUNDLE_BYTES:
        raise BundleError(f"the file is larger than {MAX_BUNDLE_BYTES >> 20} MiB")
    try:
        return EventBundle.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise BundleError(f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}") from error
