"""Column types and defaults that every table uses."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Computed, DateTime, Enum, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field


def utc_now() -> datetime:
    """The service's clock, aware."""
    return datetime.now(UTC)


def id_field() -> Any:  # noqa: ANN401 - SQLModel's Field() returns Any too
    """A primary key made here, so that an object knows its id before it is stored."""
    return Field(default_factory=uuid4, primary_key=True)


def moment_field(*, index: bool = False) -> Any:  # noqa: ANN401 - as above
    """A `timestamptz`, now unless given."""
    return Field(default_factory=utc_now, sa_type=DateTime(timezone=True), index=index, nullable=False)


def optional_moment_field() -> Any:  # noqa: ANN401 - as above
    """A `timestamptz` that may be absent."""
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=True)


def computed_moment_field(expression: str) -> Any:  # noqa: ANN401 - as above
    """A `timestamptz` that the database computes from other columns of the row, so that a list can be sorted by it."""
    return Field(default=None, sa_column=Column(DateTime(timezone=True), Computed(expression, persisted=True), nullable=False))


def computed_text_field(expression: str) -> Any:  # noqa: ANN401 - as above
    """A text that the database computes, as `computed_moment_field`."""
    return Field(default=None, sa_column=Column(String, Computed(expression, persisted=True), nullable=False))


def json_field() -> Any:  # noqa: ANN401 - as above
    """A `jsonb` index of something whose truth is kept elsewhere as bytes. Replace it whole: changes in place are lost."""
    return Field(default_factory=dict, sa_column=Column(JSONB, nullable=False))


def bytes_field() -> Any:  # noqa: ANN401 - as above
    """A `bytea`: signed bytes are kept exactly as they came."""
    return Field(sa_column=Column(LargeBinary, nullable=False))


def enum_type(choices: type[StrEnum]) -> Enum:
    """A closed list stored as its values in text; the migration adds the CHECK constraint (see `check_in`)."""
    return Enum(
        choices, native_enum=False, length=40, values_callable=lambda kind: [str(item) for item in kind], create_constraint=False
    )


def check_in(column: str, choices: type[StrEnum]) -> str:
    """The SQL of a CHECK that allows only these values."""
    values = ", ".join(f"'{item.value}'" for item in choices)
    return f"{column} IN ({values})"


__all__ = [
    "UUID",
    "bytes_field",
    "check_in",
    "computed_moment_field",
    "computed_text_field",
    "enum_type",
    "id_field",
    "json_field",
    "moment_field",
    "optional_moment_field",
    "utc_now",
]
