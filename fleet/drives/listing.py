"""The tray of loose drives as a list: columns, filters and orders as data, and its SQL in each order that has its index."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists
from sqlmodel import Session, col

from fleet.contract.kinds import MediaType
from fleet.db.listing import Order
from fleet.devices.listing import with_words
from fleet.devices.models import Component, Device
from fleet.devices.states import State
from fleet.drives import repository
from fleet.drives.repository import ORDERS
from fleet.drives.rules import LOOSE, TRAY, TrayGroup
from fleet.drives.spoken import DESTROYED, GROUPS, HEALTH, NOT_PROVEN
from fleet.drives.tray import Line, TrayPage, lines_of
from fleet.errors import N_
from fleet.organisations import service as organisations
from fleet.ui import words
from fleet.web.formats import ZONE
from fleet.web.lists import Column, Filter, FilterKind, ListQuery, ListSpec, Plain, Sort
from labels.codes import show


def _media(line: Line, plain: Plain) -> str:
    return plain.translate(words.MEDIA[line.storage.media]) if line.storage else ""


def _size(line: Line, _plain: Plain) -> str:
    return str(line.storage.capacity_bytes or "") if line.storage else ""


def _proof(line: Line, plain: Plain) -> str:
    if line.destroyed:
        return plain.translate(DESTROYED.text)
    return plain.translate(words.METHODS[line.proof.level] if line.proof else NOT_PROVEN.text)


def _certificate(line: Line, _plain: Plain) -> str:
    return str(line.proof.certificate_id) if line.proof else ""


def _site(line: Line, plain: Plain) -> str:
    return plain.names.get(line.device.site_id, "") if line.device.site_id else ""


COLUMNS: Final = (
    Column[Line]("code", N_("Code"), lambda line, _plain: show(line.device.asset_code), "code", fixed=True),
    Column[Line]("drive", N_("Drive"), lambda line, _plain: line.device.model, "model"),
    Column[Line]("size", N_("Size"), _size, shown=False),
    Column[Line]("media", N_("Type"), _media, shown=False),
    Column[Line]("serial", N_("Serial number"), lambda line, _plain: line.device.serial or "", shown=False),
    Column[Line]("state", N_("State"), lambda line, plain: plain.translate(words.STATES[line.device.state].text)),
    Column[Line]("since", N_("Since"), lambda line, plain: plain.moment(line.device.state_since), "since", shown=False),
    Column[Line]("proof", N_("Proof"), _proof),
    Column[Line]("certificate", N_("Certificate"), _certificate, shown=False),
    Column[Line]("health", N_("Health"), lambda line, plain: plain.translate(HEALTH[line.health].text)),
    Column[Line]("place", N_("Place"), lambda line, _plain: line.device.place, "place"),
    Column[Line]("site", N_("Site"), _site, shown=False),
)
FILTERS: Final = (
    Filter("q", N_("Code, serial number or model")),
    Filter("group", N_("What to do"), FilterKind.CHOICE, {group.value: GROUPS[group].text for group in TrayGroup}),
    Filter("state", N_("State"), FilterKind.CHOICE, {state.value: words.STATES[state].text for state in LOOSE}),
    Filter("media", N_("Type"), FilterKind.CHOICE, words.MEDIA),
    Filter("place", N_("Place")),
    Filter("site", N_("Site")),
    Filter("since", N_("In this state since"), FilterKind.DAY),
    Filter("until", N_("In this state until"), FilterKind.DAY),
)
SORTS: Final = (
    Sort("since", N_("Longest in their state first")),
    Sort("code", N_("Code")),
    Sort("model", N_("Model")),
    Sort("place", N_("Place")),
)
DRIVES: Final = ListSpec[Line]("drives", "/drives", COLUMNS, FILTERS, SORTS)

if {sort.name for sort in SORTS} != set(ORDERS):
    raise AssertionError("every order that is offered has its index")


def page(session: Session, organisation: UUID, query: ListQuery[Line], *, limit: int, cursor: str | None = None) -> TrayPage:
    """One window of the tray. Raises CursorInvalid, CursorOfAnotherSort."""
    by = Order(query.sort.name, ORDERS[query.sort.name], query.descending)
    found = repository.drives(session, organisation, list(_wanted(session, query)), by, limit, cursor)
    return TrayPage(lines_of(session, found.items), found.before, found.after)


def places(session: Session, organisation: UUID) -> Sequence[str]:
    """Where loose drives lie."""
    return repository.places(session, organisation)


def _wanted(session: Session, query: ListQuery[Line]) -> Iterable[ColumnElement[bool]]:
    """The conditions of what is set; a drive that is with people, fitted or gone is in no tray."""
    states = {state for group in query.all("group") for state in TRAY[TrayGroup(group)]} if query.all("group") else set(LOOSE)
    if query.all("state"):
        states &= {State(value) for value in query.all("state")}
    yield col(Device.state).in_(states)
    named = with_words(session, query.one("q"))
    if named is not None:
        yield named
    if query.all("media"):
        yield _of_media([MediaType(value) for value in query.all("media")])
    if query.one("place"):
        yield col(Device.place) == query.one("place")
    if query.one("site"):
        called = query.one("site").casefold()
        yield col(Device.site_id).in_(key for key, name in organisations.site_names(session).items() if name.casefold() == called)
    yield from _between(query)


def _of_media(media: Sequence[MediaType]) -> ColumnElement[bool]:
    """What the drive's own storage is, as a bench has read it."""
    mine = col(Component.device_id) == col(Device.id)
    return exists().where(mine, col(Component.removed_version).is_(None), col(Component.media).in_(media))


def _between(query: ListQuery[Line]) -> Iterable[ColumnElement[bool]]:
    """The first day begins and the last one ends at midnight in Belgium."""
    since, until = query.day("since"), query.day("until")
    if since:
        yield col(Device.state_since) >= datetime.combine(since, time(), ZONE)
    if until:
        yield col(Device.state_since) < datetime.combine(until + timedelta(days=1), time(), ZONE)
