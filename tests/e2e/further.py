"""What the workshop of the site lacks for some pages: another organisation, transfers, a computer with badges, links to open."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlmodel import Session

from fleet.accounts import badges, benches, kept, resets, workstations
from fleet.accounts import service as accounts
from fleet.auth.rules import SYSTEM, Actor, ActorKind, Principal, Role
from fleet.custody import service as custody
from fleet.db.session import unit_of_work
from fleet.departures import service as departures
from fleet.desk import bulk
from fleet.devices import identifiers
from fleet.organisations import service as organisations
from tests.e2e.workshop_site import Site

PASSWORD = "een lange zin voor de balie"
DESK = {"els": ("Els", Role.LENDING), "sami": ("Sami", Role.SOCIAL), "rik": ("Rik", Role.ADMIN)}
"""People of the rooms that the workshop's own people leave out."""
INVENTORY = "INV-0007"
"""An inventory number that two devices have, each from a system of its own."""
NUMBERS = {
    "tested": f"https://stad.example/hardware/bytag?assettag={INVENTORY}",
    "ready": f"https://ocmw.example/hardware/bytag?assettag={INVENTORY}",
}
"""On which device, and as its label says it."""


@dataclass(frozen=True)
class Further:
    """Names that stand in addresses."""

    draft: UUID
    sent: UUID
    away: str
    """The device that is under way."""
    number: UUID
    """From elsewhere, on `numbered`."""
    numbered: str
    account: UUID
    bench: UUID
    run: UUID
    reset: str
    """Token of a link with which somebody chooses a password."""
    left: str
    """Token of the last page of an organisation that left."""
    station: str
    """Token of an enrolled computer."""


def further(site: Site) -> Further:
    """Add all of it."""
    site.app.state.settings = site.app.state.settings.model_copy(update={"smtp_host": "127.0.0.1"})
    site.passwords.update(dict.fromkeys(DESK, PASSWORD))
    engine, me, left = site.app.state.database.engine(), site.organisation, _leave(site)
    with unit_of_work(engine) as session:
        other = organisations.create(session, SYSTEM, "Digipunt Sint-Amandsberg", contact="Antwerpsesteenweg 10, 9040 Gent").id
    with unit_of_work(engine, me) as session:
        people = _people(session, me)
        lies, mo = people["lies"], people["mo"]
        reset = resets.hand_over(session, lies, _id(people["els"]))
        badges.issue(session, mo, _id(mo), None)
        badges.set_pin(session, mo, "274951", "274951")
        code = workstations.issue_code(session, lies, organisations.sites(session)[0].id, "Balie 1")
        number, _ = (identifiers.attach(session, mo, site.codes[name], NUMBERS[name]).id for name in NUMBERS)
        bench = benches.page(session).items[0].id
    with unit_of_work(engine) as session:
        station = workstations.enrol(session, code).token
    with unit_of_work(engine, me) as session:
        draft = _packed(session, lies, other, site.codes["wiped"])
        sent = _packed(session, lies, other, site.codes["inspected"])
        custody.send(session, lies, sent, custody.Consignment("Karim", "1-ABC-123", "S-0093"))
        run = _placed(session, lies, site.codes["wipe_failed"])
    return Further(
        draft=draft,
        sent=sent,
        away=site.codes["inspected"],
        number=number,
        numbered=site.codes["tested"],
        account=_id(mo),
        bench=bench,
        run=run,
        reset=reset,
        left=left,
        station=station,
    )


def _id(who: Principal) -> UUID:
    assert who.actor.id is not None
    return who.actor.id


def _people(session: Session, me: UUID) -> dict[str, Principal]:
    """Everybody by login, those of the desk too."""
    setup = Principal(me, SYSTEM, frozenset({Role.ADMIN}), "site")
    for login, (name, role) in DESK.items():
        accounts.create(session, setup, login, name, PASSWORD, frozenset({role}))
    rows = accounts.page(session, setup).items
    return {row.login: Principal(me, Actor(ActorKind.ACCOUNT, row.id), frozenset(row.roles), row.display_name) for row in rows}


def _packed(session: Session, who: Principal, to: UUID, code: str) -> UUID:
    transfer = custody.draft(session, who, custody.Destination(to))
    assert custody.pack(session, who, transfer.id, code).why is None
    return transfer.id


def _placed(session: Session, who: Principal, code: str) -> UUID:
    """A run of a bulk action."""
    run, [line] = uuid4(), bulk.preview(session, who, bulk.Action.PLACE, [code])
    bulk.begin(session, who, run, bulk.Action.PLACE, [(code, line.device.version)], words="Rek 9")
    bulk.go_on(session, who, run, str)
    return run


def _leave(site: Site) -> str:
    """An organisation that left; the token of its last page."""
    with unit_of_work(site.app.state.database.engine()) as session:
        gone = organisations.create(session, SYSTEM, "Wijkatelier Oud")
        admin = Principal(gone.id, SYSTEM, frozenset({Role.ADMIN}), "site")
        departures.begin(session, admin)
        return departures.leave(session, admin, site.app.state.settings, gone.name).token


def kept_form(site: Site, token: str) -> UUID:
    """What somebody typed before the session ended."""
    found = kept.keep(site.app.state.database.engine(), token, "/donations/new", {"note": ["Tien laptops"]})
    assert found is not None
    return found
