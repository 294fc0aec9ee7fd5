"""The list of devices as data: columns, filters and orders; and from its address to what is asked of the database."""

from datetime import datetime, time, timedelta
from typing import Final

from fleet.contract.kinds import DeviceKind
from fleet.devices.listing import ORDERS, Wanted
from fleet.devices.models import Device
from fleet.devices.states import Origin, State
from fleet.errors import N_
from fleet.ui import words
from fleet.web.formats import ZONE
from fleet.web.lists import Column, Filter, FilterKind, ListQuery, ListSpec, Plain, Sort
from labels.codes import show


def _named(device: Device, _plain: Plain) -> str:
    return " ".join(filter(None, (device.manufacturer, device.model)))


COLUMNS: Final = (
    Column[Device]("code", N_("Code"), lambda device, _plain: show(device.asset_code), "code", fixed=True),
    Column[Device]("device", N_("Device"), _named, "model"),
    Column[Device]("kind", N_("Kind"), lambda device, plain: plain.translate(words.KINDS[device.kind].text), shown=False),
    Column[Device]("serial", N_("Serial number"), lambda device, _plain: device.serial or "", shown=False),
    Column[Device]("state", N_("State"), lambda device, plain: plain.translate(words.STATES[device.state].text)),
    Column[Device]("since", N_("Since"), lambda device, plain: plain.moment(device.state_since), "since"),
    Column[Device]("place", N_("Place"), lambda device, _plain: device.place, "place"),
    Column[Device](
        "site", N_("Site"), lambda device, plain: plain.names.get(device.site_id, "") if device.site_id else "", shown=False
    ),
    Column[Device]("received", N_("Received"), lambda device, plain: plain.moment(device.created_at), "received", shown=False),
    Column[Device]("origin", N_("Origin"), lambda device, plain: plain.translate(words.ORIGINS[device.origin]), shown=False),
    Column[Device]("weight", N_("Weight in grams"), lambda device, _plain: str(device.weight_g), shown=False),
    Column[Device]("eea", N_("EEA category"), lambda device, _plain: str(device.eea_category), shown=False),
)
FILTERS: Final = (
    Filter("q", N_("Code, serial number or model")),
    Filter("state", N_("State"), FilterKind.CHOICE, {name: word.text for name, word in words.STATES.items()}),
    Filter("kind", N_("Kind"), FilterKind.CHOICE, {name: word.text for name, word in words.KINDS.items()}),
    Filter("origin", N_("Origin"), FilterKind.CHOICE, words.ORIGINS),
    Filter("place", N_("Place")),
    Filter("site", N_("Site")),
    Filter("donation", N_("Donation")),
    Filter("batch", N_("Batch"), hidden=True),
    Filter("since", N_("In this state since"), FilterKind.DAY),
    Filter("until", N_("In this state until"), FilterKind.DAY),
)
SORTS: Final = (
    Sort("since", N_("Longest in their state first")),
    Sort("received", N_("Received"), descending=True),
    Sort("code", N_("Code")),
    Sort("model", N_("Model")),
    Sort("place", N_("Place")),
)
DEVICES: Final = ListSpec("devices", "/devices", COLUMNS, FILTERS, SORTS)

if {sort.name for sort in SORTS} != set(ORDERS):
    raise AssertionError("every order that is offered has its index")


def wanted(query: ListQuery[Device]) -> Wanted:
    """What the address asks for, save site, donation and batch, which the page looks up."""
    since, until = query.day("since"), query.day("until")
    return Wanted(
        states=tuple(State(value) for value in query.all("state")),
        kinds=tuple(DeviceKind(value) for value in query.all("kind")),
        origins=tuple(Origin(value) for value in query.all("origin")),
        place=query.one("place") or None,
        since=datetime.combine(since, time(), ZONE) if since else None,
        until=datetime.combine(until, time(), ZONE) + timedelta(days=1) if until else None,
        words=query.one("q"),
    )
