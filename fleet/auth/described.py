"""Who may call what, in the API's description: the session's cookie, a token with its scopes, or a bench's signature."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI

from fleet.auth.scopes import PREFIX, needed

SCHEMES: Final[Mapping[str, Any]] = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-heropstart",
        "description": "A sign-in (`POST /api/v1/session`). What changes something also carries the header X-CSRF-Token.",
    },
    "apiToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "hpt_ and 38 letters or digits",
        "description": "An API token that an admin made. It needs one of the scopes that the operation names.",
    },
    "benchSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature-Input",
        "description": "RFC 9421 with the Ed25519 key of an enrolled bench.",
    },
}
_ENROLMENT: Final = f"{PREFIX}bench/enrol"
_SIGN_IN: Final = f"{PREFIX}session"
SIGNED: Final = f"{PREFIX}bench/"
"""Below this address benches call, and nobody else."""
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})


def is_open(method: str, path: str) -> bool:
    """What needs no proof beforehand, because it is where proof is given. `method` in lower case."""
    return method == "post" and (path in {_ENROLMENT, _SIGN_IN} or path.startswith(f"{_SIGN_IN}/"))


def security(method: str, path: str) -> list[dict[str, list[str]]]:
    """The ways in for one operation; any of them is enough. `method` in lower case."""
    if is_open(method, path):
        return []
    if path.startswith(SIGNED) or "/benches/self/" in path:
        return [{"benchSignature": []}]
    scopes = sorted(scope.value for scope in needed(method.upper(), path))
    return [{"session": []}, *([{"apiToken": scopes}] if scopes else [])]


def describe(app: FastAPI) -> None:
    """Add the schemes and each operation's ways in to the description."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        known = app.openapi_schema is not None
        schema = plain()
        if not known:
            schema.setdefault("components", {})["securitySchemes"] = dict(SCHEMES)
            for path, operations in schema["paths"].items():
                for method in _METHODS & set(operations):
                    operations[method]["security"] = security(method, path)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the description
