"""Numbers that other asset systems put on devices: the addresses in their QR codes, and InvenTree's own barcodes.

A number means nothing without the system that gave it: record 123 of one Snipe-IT is another device than record 123 of the next.
The addresses are those that the systems' own routes have: Snipe-IT (`hardware/…`, `ht/…`), GLPI (`front/….form.php?id=`),
Shelf (`qr/…`, `assets/…`, eam.sh), InvenTree (`stock/item/…`, `{"stockitem": …}`, `INV-SI…`). Pure.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit


class System(StrEnum):
    """Whose number it is."""

    SNIPE_IT = "snipe_it"
    GLPI = "glpi"
    SHELF = "shelf"
    INVENTREE = "inventree"
    WEB = "web"
    """A web address of something that is not known here: the whole address is the number."""


class NumberKind(StrEnum):
    """What the number is to its system."""

    RECORD = "record"
    """The number of its row: no person ever chose it."""
    TAG = "tag"
    """The inventory number that people stuck on the device."""
    SERIAL = "serial"
    """The maker's serial number, passed on."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A number with the system that gave it. `host` is lower case with its port; empty where a barcode does not name one."""

    system: System
    host: str
    kind: NumberKind
    value: str

    @property
    def scope(self) -> str:
        """The system as it is stored beside the number: `snipe_it assets.example.org`."""
        return f"{self.system.value} {self.host}".strip()


def scope_parts(scope: str) -> tuple[System | None, str]:
    """The system and the host of a stored scope; None and nothing for a number that no system is known of."""
    name, _, host = scope.partition(" ")
    return (System(name), host) if name else (None, "")


_Query = Mapping[str, list[str]]
_Reader = Callable[[re.Match[str], _Query], tuple[NumberKind, str] | None]


def _record(match: re.Match[str], _query: _Query) -> tuple[NumberKind, str]:
    return NumberKind.RECORD, match["id"]


def _tag(match: re.Match[str], query: _Query) -> tuple[NumberKind, str] | None:
    value = match["id"] or _first(query, "assettag")
    return (NumberKind.TAG, value) if value else None


def _serial(match: re.Match[str], query: _Query) -> tuple[NumberKind, str] | None:
    value = match["id"] or _first(query, "serial")
    return (NumberKind.SERIAL, value) if value else None


def _glpi(match: re.Match[str], query: _Query) -> tuple[NumberKind, str] | None:
    """GLPI numbers each type of item by itself: computer 12 and monitor 12 are two things."""
    value = _first(query, "id")
    return (NumberKind.RECORD, f"{match['type'].lower()}/{value}") if value.isdecimal() else None


_ROUTES: Final[tuple[tuple[System, re.Pattern[str], _Reader], ...]] = (
    (System.SNIPE_IT, re.compile(r"/hardware/bytag(?:/(?P<id>[^/]+))?/?$", re.IGNORECASE), _tag),
    (System.SNIPE_IT, re.compile(r"/hardware/byserial(?:/(?P<id>[^/]+))?/?$", re.IGNORECASE), _serial),
    (System.SNIPE_IT, re.compile(r"/hardware/(?P<id>\d+)(?:/view)?/?$", re.IGNORECASE), _record),
    (System.SNIPE_IT, re.compile(r"/ht/(?P<id>[^/]+)/?$", re.IGNORECASE), _tag),
    (System.GLPI, re.compile(r"/front/(?P<type>[a-z]+)\.form\.php$", re.IGNORECASE), _glpi),
    (System.INVENTREE, re.compile(r"/stock/item/(?P<id>\d+)/?[^/]*$", re.IGNORECASE), _record),
    (System.SHELF, re.compile(r"/(?:qr|assets)/(?P<id>[a-z0-9]{10,32})/?$", re.IGNORECASE), _record),
)
_SHELF_SHORT: Final = re.compile(r"/(?P<id>[a-z0-9]{6,32})/?", re.IGNORECASE)
_SHELF_HOST: Final = "eam.sh"
_INVENTREE_JSON: Final = re.compile(r'\{\s*"stockitem"\s*:\s*(?P<id>\d+)\s*\}', re.IGNORECASE)
_INVENTREE_SHORT: Final = re.compile(r"INV-SI(?P<id>\d+)", re.IGNORECASE)


def from_address(address: str) -> Reference | None:
    """The number in a web address: of a system that is known, else the address itself; None for what is no web address."""
    try:
        parts = urlsplit(address)
    except ValueError:  # a bracket without its partner in the host
        return None
    if parts.scheme.lower() not in {"http", "https"} or not parts.netloc:
        return None
    host = parts.netloc.rpartition("@")[2].lower()
    query = {name.lower(): values for name, values in parse_qs(parts.query).items()}
    for system, route, read in _ROUTES:
        if (match := route.search(parts.path)) and (number := read(match, query)):
            return Reference(system, host, number[0], unquote(number[1]))
    if host == _SHELF_HOST and (match := _SHELF_SHORT.fullmatch(parts.path)):
        return Reference(System.SHELF, host, NumberKind.RECORD, match["id"])
    rest = parts.path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    return Reference(System.WEB, host, NumberKind.RECORD, rest or "/")


def from_barcode(text: str) -> Reference | None:
    """The number in a barcode that says of which system it is, without a host; None for any other text."""
    match = _INVENTREE_JSON.fullmatch(text) or _INVENTREE_SHORT.fullmatch(text)
    return Reference(System.INVENTREE, "", NumberKind.RECORD, match["id"].lstrip("0") or "0") if match else None


def _first(query: _Query, name: str) -> str:
    return next(iter(query.get(name, ())), "").strip()
