"""Canonical JSON (RFC 8785): the bytes that are hashed and signed."""

import json
from collections.abc import Mapping

import rfc8785
from pydantic import BaseModel


class CanonicalError(ValueError):
    """This value has no canonical JSON: integers end at 2^53 (RFC 8785), so 64-bit ids are sent as strings."""


def canonical(document: BaseModel | Mapping[str, object]) -> bytes:
    """The RFC 8785 bytes of a wire type or of a plain JSON object. Raises CanonicalError."""
    plain = document.model_dump(mode="json") if isinstance(document, BaseModel) else dict(document)
    try:
        return rfc8785.dumps(plain)  # type: ignore[arg-type]  # rfc8785 names its own recursive JSON type
    except rfc8785.CanonicalizationError as error:
        raise CanonicalError(str(error)) from error


def parse_object(data: bytes) -> dict[str, object]:
    """A JSON object from bytes. Raises CanonicalError when it is anything else."""
    try:
        parsed = json.loads(data)
    except ValueError as error:
        raise CanonicalError(f"not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise CanonicalError("a JSON object is expected")
    return parsed
