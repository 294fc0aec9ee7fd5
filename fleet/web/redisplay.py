"""A form that was refused is shown again, with what was typed and what is wrong.

The answer travels as an exception, so that the whole transaction is rolled back on the way.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from fleet.errors import Conflict, Invalid
from fleet.web.changes import change_lines
from fleet.web.forms import FormState, Posted
from fleet.web.rendering import error_text, gettext
from fleet.web.validation import field_texts


class Redisplayed(Exception):
    """Carries the form's page out of its handler: an answer, not an error."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(response.status_code)


class Nesting(Protocol):
    """The part of a database session that is needed: a savepoint, so that the form can still be drawn."""

    def begin_nested(self) -> AbstractContextManager[object]:
        """A savepoint."""


@contextmanager
def redisplaying(
    request: Request, session: Nesting, posted: Posted, draw: Callable[[FormState, int], Response]
) -> Iterator[None]:
    """Show the form again (`draw`, with a status) when the block refuses its input.

    What the caller may not do, or what does not exist, is no matter of this form and goes through. Raises Redisplayed.
    """
    try:
        with session.begin_nested():
            yield
    except ValidationError as error:
        texts = field_texts(error.errors(), lambda text: gettext(request, text))
        raise Redisplayed(draw(FormState(posted.fields, texts), 422)) from error
    except (Invalid, Conflict) as error:
        field, text = str(error.data.get("field") or ""), error_text(request, error)
        details = change_lines(request, error)
        state = FormState(posted.fields, {field: text}) if field else FormState(posted.fields, {}, text, details)
        raise Redisplayed(draw(state, 409 if isinstance(error, Conflict) else 422)) from error
