"""Posted forms: what came, what is wrong with it, and what the form shows again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

from fastapi import Depends
from pydantic import BaseModel
from starlette.datastructures import FormData
from starlette.requests import Request

from fleet.errors import N_, Invalid

MAX_FORM_BYTES: Final = 256 * 1024
Model = TypeVar("Model", bound=BaseModel)


class FormTooLarge(Invalid):
    """More was sent than any form here holds."""

    msgid = N_("This is more text than fits. Shorten it and send it again.")


@dataclass(frozen=True)
class FormState:
    """What a form shows: values as typed, errors by field (translated), and one sentence over the whole."""

    typed: Mapping[str, Sequence[str]] | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""

    @property
    def failed(self) -> bool:
        """Whether it was sent and refused."""
        return bool(self.errors or self.summary)

    def value(self, name: str, default: object = None) -> str:
        """What was typed, else the default."""
        if self.typed is None:
            return "" if default is None else str(default)
        return next(iter(self.typed.get(name, ())), "")

    def values(self, name: str) -> Sequence[str]:
        """Everything that was given under one name."""
        return () if self.typed is None else self.typed.get(name, ())

    def error(self, name: str) -> str | None:
        """What is wrong with a field."""
        return self.errors.get(name)


@dataclass(frozen=True)
class Posted:
    """A form as it came."""

    fields: Mapping[str, Sequence[str]]

    def raw(self, name: str) -> str:
        """The first value of a field exactly as it was sent (a password may begin with a blank); empty when it is absent."""
        return next(iter(self.fields.get(name, ())), "")

    def get(self, name: str) -> str:
        """The first value of a field without blanks around it."""
        return self.raw(name).strip()

    def parse(self, model: type[Model]) -> Model:
        """Validated; empty fields count as absent, a list in the model takes all values of its name.

        Raises pydantic's ValidationError, which `redisplaying` turns into messages beside the fields.
        """
        plain: dict[str, object] = {}
        for name, values in self.fields.items():
            kept = [value.strip() for value in values if value.strip()]
            if kept:
                plain[name] = kept if _is_list(model, name) else kept[0]
        return model.model_validate(plain)


def _is_list(model: type[BaseModel], name: str) -> bool:
    known = model.model_fields.get(name)
    return known is not None and getattr(known.annotation, "__origin__", None) in {list, tuple}


async def read_form(request: Request) -> Posted:
    """The posted fields; files are not taken. Raises FormTooLarge."""
    if int(request.headers.get("content-length") or 0) > MAX_FORM_BYTES:
        raise FormTooLarge
    form: FormData = await request.form(max_files=0, max_fields=400, max_part_size=MAX_FORM_BYTES)
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    return Posted(fields)


PostedForm = Annotated[Posted, Depends(read_form)]
