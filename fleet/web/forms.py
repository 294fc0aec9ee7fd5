"""Posted forms: what came, what is wrong with it, and what the form shows again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

from fastapi import Depends
from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.requests import Request

from fleet.errors import N_, Invalid

MAX_FORM_BYTES: Final = 256 * 1024
Model = TypeVar("Model", bound=BaseModel)
Endpoint = TypeVar("Endpoint", bound=Callable[..., object])
_MAX_FILE: Final = "max_file_bytes"
_READ: Final = "posted_form"


class FormTooLarge(Invalid):
    """More was sent than any form here holds."""

    msgid = N_("This is more text than fits. Shorten it and send it again.")


@dataclass(frozen=True)
class FormState:
    """What a form shows: values as typed, errors by field (translated), one sentence over the whole, and lines below it."""

    typed: Mapping[str, Sequence[str]] | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    details: Sequence[str] = ()

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
    files: Mapping[str, bytes] = field(default_factory=dict)

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


def takes_file(max_bytes: int) -> Callable[[Endpoint], Endpoint]:
    """Let a handler's form carry one file; every other form takes none. A larger one is for the handler to refuse in words."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _MAX_FILE, max_bytes)
        return endpoint

    return mark


async def read_form(request: Request) -> Posted:
    """The posted fields, and the file where the handler takes one; read once however often it is asked for.

    Raises FormTooLarge.
    """
    known: Posted | None = getattr(request.state, _READ, None)
    if known is None:
        known = await _read(request)
        setattr(request.state, _READ, known)
    return known


async def _read(request: Request) -> Posted:
    largest: int | None = getattr(request.scope.get("endpoint"), _MAX_FILE, None)
    room = MAX_FORM_BYTES + (2 * largest if largest else 0)  # what is a little too large is told beside its field
    if int(request.headers.get("content-length") or 0) > room:
        raise FormTooLarge
    fields: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    async with request.form(max_files=1 if largest else 0, max_fields=400, max_part_size=MAX_FORM_BYTES) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                files[name] = await value.read()
            else:
                fields.setdefault(name, []).append(value)
    return Posted(fields, files)


PostedForm = Annotated[Posted, Depends(read_form)]
