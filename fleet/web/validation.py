"""What is wrong with a value, in plain words, from pydantic's error types."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from fleet.errors import N_

_TEXTS: Final[dict[str, str]] = {
    "missing": N_("Fill this in."),
    "string_too_short": N_("Fill this in."),
    "string_too_long": N_("This is too long: at most {max_length} characters."),
    "string_pattern_mismatch": N_("This is not written the right way. Check it."),
    "int_parsing": N_("A whole number is expected."),
    "int_type": N_("A whole number is expected."),
    "int_from_float": N_("A whole number is expected."),
    "float_parsing": N_("A number is expected."),
    "decimal_parsing": N_("A number is expected."),
    "greater_than": N_("This must be more than {gt}."),
    "greater_than_equal": N_("This must be at least {ge}."),
    "less_than": N_("This must be less than {lt}."),
    "less_than_equal": N_("This can be at most {le}."),
    "enum": N_("Choose one of the options."),
    "literal_error": N_("Choose one of the options."),
    "uuid_parsing": N_("Choose one of the options."),
    "uuid_type": N_("Choose one of the options."),
    "bool_parsing": N_("Choose one of the options."),
    "date_from_datetime_parsing": N_("A date is expected."),
    "date_parsing": N_("A date is expected."),
    "imei_wrong": N_("One digit of this IMEI is wrong. Look at it again."),
}
_OTHER: Final = N_("This is not right. Check it.")


def field_texts(errors: Sequence[Mapping[str, Any]], gettext: Callable[[str], str]) -> dict[str, str]:
    """A sentence for each field; the first error of a field wins. Takes pydantic's or FastAPI's list of errors."""
    texts: dict[str, str] = {}
    for error in errors:
        name = field_name(error)
        texts.setdefault(name, sentence(error, gettext))
    return texts


def field_name(error: Mapping[str, Any]) -> str:
    """The field as it stands in the form: without FastAPI's leading `body` or `query`, parts joined by dots."""
    parts = [str(part) for part in error["loc"]]
    if len(parts) > 1 and parts[0] in {"body", "query", "path", "header", "cookie"}:
        parts = parts[1:]
    return ".".join(parts) or "form"


def sentence(error: Mapping[str, Any], gettext: Callable[[str], str]) -> str:
    """What is wrong and what to do."""
    context = {name: value for name, value in (error.get("ctx") or {}).items() if name != "error"}
    text = _TEXTS.get(str(error["type"]))
    return gettext(text).format(**context) if text else gettext(_OTHER)
