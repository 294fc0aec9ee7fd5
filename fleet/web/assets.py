"""Static files, held in memory: addresses carry a hash of the content, so that browsers may keep them for ever.

A file may be named from a stylesheet as `url("name")`, a module of ours from another as `from "./name.js"`; the hashed
address is written in, so that it is loaded once, whoever names it. Stylesheets are served minified.
"""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.web.minify import minified
from fleet.web.packing import takes_gzip

_FOREVER: Final = "public, max-age=31536000, immutable"
_REVALIDATE: Final = "public, no-cache"
_PACKED: Final = ("text/", "application/javascript", "application/json", "application/wasm", "image/svg+xml")
_REFERENCES: Final = {
    ".css": re.compile(rb'(?P<before>url\()"(?P<name>[A-Za-z0-9._/-]+)"(?P<after>\))'),
    ".js": re.compile(rb'(?P<before>^import [^"\n]* from )"\./(?P<name>[A-Za-z0-9._/-]+)"(?P<after>;)', re.MULTILINE),
}


class AssetMissingError(KeyError):
    """No static file has this name; those under vendor/ come with `make setup`."""


@dataclass(frozen=True)
class Asset:
    """One file: its bytes, plain and packed (None when packing gains nothing), and the hash in its address."""

    name: str
    media_type: str
    body: bytes
    packed: bytes | None
    digest: str

    @property
    def url(self) -> str:
        """The address to put on a page."""
        return f"/static/{self.digest}/{self.name}"


class Assets:
    """All static files of some folders; a later folder wins."""

    def __init__(self, folders: Sequence[Path]) -> None:
        found = {
            path.relative_to(folder).as_posix(): path
            for folder in folders
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }
        self._assets: dict[str, Asset] = {}
        for name in sorted(found):
            self._add(name, found, frozenset())

    def _add(self, name: str, found: Mapping[str, Path], waiting: frozenset[str]) -> None:
        """Those that it names come first; of two that name each other, the second keeps the plain name of the first."""
        if name in self._assets or name in waiting or name not in found:
            return
        body = found[name].read_bytes()
        if pattern := _pattern(name):
            for match in pattern.finditer(body):
                self._add(match["name"].decode(), found, waiting | {name})
        self._assets[name] = _asset(name, body, self._assets)

    def url(self, name: str) -> str:
        """The hashed address of a file. Raises AssetMissingError."""
        try:
            return self._assets[name].url
        except KeyError as error:
            raise AssetMissingError(f"{name}: {AssetMissingError.__doc__}") from error

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return name in self._assets

    def route(self) -> Route:
        """Serves them under /static/."""
        return Route("/static/{digest}/{name:path}", self._serve, name="static", methods=["GET"])

    async def _serve(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            return Response("Not found", status_code=404, media_type="text/plain")
        tag = f'"{asset.digest}"'
        headers = {"ETag": tag, "Cache-Control": _FOREVER if request.path_params["digest"] == asset.digest else _REVALIDATE}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        body = asset.body
        if asset.packed is not None:
            headers["Vary"] = "Accept-Encoding"
            if takes_gzip(request.headers):
                headers["Content-Encoding"] = "gzip"
                body = asset.packed
        return Response(body, media_type=asset.media_type, headers=headers)


def _asset(name: str, body: bytes, others: Mapping[str, Asset]) -> Asset:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if name.endswith(".css"):
        body = minified(body.decode()).encode()
    if pattern := _pattern(name):
        body = pattern.sub(lambda match: _hashed(match, others), body)
    packed = gzip.compress(body, 9, mtime=0) if media_type.startswith(_PACKED) else None
    return Asset(name, media_type, body, packed, hashlib.sha256(body).hexdigest()[:12])


def _hashed(match: re.Match[bytes], others: Mapping[str, Asset]) -> bytes:
    asset = others.get(match["name"].decode())
    if asset is None:
        return bytes(match[0])
    return bytes(match["before"] + f'"{asset.url}"'.encode() + match["after"])


def _pattern(name: str) -> re.Pattern[bytes] | None:
    """How this kind of file names others. What came with npm is served as it is: its imports are relative to its folder."""
    return None if name.startswith("vendor/") else _REFERENCES.get(Path(name).suffix)
