"""Problems in the OpenAPI description: each error that an endpoint raises, with its type and an example."""

from collections import defaultdict
from http import HTTPStatus
from typing import Any

from fleet.contract.problem import Problem
from fleet.errors import FleetError
from fleet.web.problems import MEDIA_TYPE, status_of


def problems(*errors: type[FleetError]) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for these errors, those of one status together with an example each."""
    by_status: dict[int, list[type[FleetError]]] = defaultdict(list)
    for error in errors:
        by_status[_status(error)].append(error)
    return {status: _response(status, kinds) for status, kinds in sorted(by_status.items())}


def _status(error: type[FleetError]) -> int:
    return status_of(error.__new__(error))


def _response(status: int, kinds: list[type[FleetError]]) -> dict[str, Any]:
    examples = {_code(kind): {"summary": kind.__doc__ or "", "value": _example(kind, status)} for kind in kinds}
    return {
        "model": Problem,
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"examples": examples}},
    }


def _code(kind: type[FleetError]) -> str:
    return kind.__new__(kind).code


def _example(kind: type[FleetError], status: int) -> dict[str, Any]:
    code = _code(kind)
    return {
        "type": f"/problems/{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": kind.msgid,
    }
