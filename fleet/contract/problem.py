"""RFC 9457 problem details."""

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """`application/problem+json`: what is wrong and what to do; further members carry the error's data."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="stable identifier of the kind of problem", examples=["/problems/transition-refused"])
    title: str
    status: int
    detail: str
    instance: str | None = None
