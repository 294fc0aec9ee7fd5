"""A service's database as it is after years: 100,000 devices, 1,000,000 events, and a chain as true as one that grew.

Written by COPY.

Two organisations: a workshop with nearly all devices, and a lending desk that holds a fifth of them and owns a few.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb
from sqlalchemy import text

from fleet.accounts import service as accounts
from fleet.audit.rules import Entry, EventType, Link, link
from fleet.auth.rules import SYSTEM, Actor, ActorKind, Principal, Role
from fleet.contract.canonical import canonical
from fleet.contract.kinds import DeviceKind, MediaType, VisualResult
from fleet.db.columns import utc_now
from fleet.db.engine import Database
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.devices import evidence as ev
from fleet.devices.states import Origin, State
from fleet.organisations import service as organisations
from fleet.organisations.rules import OrganisationKind
from labels.codes import from_number
from tests.benchmarks.filled_rooms import fill_rooms

DEVICES: Final = 100_000
EVENTS: Final = 1_000_000
DESK_OWNS: Final = 3_000
LOGIN: Final = "lies"
PASSWORD: Final = "zeven blauwe fietsen"
FIRST_CODE: Final = 5_000_000
STATES: Final = (
    (State.ON_LOAN, 40),
    (State.READY, 12),
    (State.RECYCLED, 12),
    (State.GIFTED, 10),
    (State.INSPECTED, 6),
    (State.RECEIVED, 5),
    (State.TESTED, 4),
    (State.WIPED, 4),
    (State.QUARANTINED, 3),
    (State.IN_REPAIR, 2),
    (State.RETURNED, 1),
    (State.LOST, 1),
)
"""States with their share in percent."""
MODELS: Final = (
    ("Lenovo", "ThinkPad T480", DeviceKind.LAPTOP),
    ("HP", "EliteBook 840 G5", DeviceKind.LAPTOP),
    ("Dell", "Latitude 5490", DeviceKind.LAPTOP),
    ("Samsung", "Galaxy Tab A8", DeviceKind.TABLET),
    ("Samsung", "Galaxy A34", DeviceKind.PHONE),
    ("TP-Link", "Archer MR200", DeviceKind.ROUTER),
    ("Samsung", "SSD 860 EVO", DeviceKind.DRIVE),
)
_DEVICE: Final = (
    "id, owner_id, custodian_id, asset_code, kind, origin, state, version, outside_version, manufacturer, model, serial, "
    "weight_g, eea_category, place, created_at, state_since"
)
_EVIDENCE: Final = "id, device_id, type, at_version, recorded_at, actor_kind, actor_id, document, sha256, data"


@dataclass(frozen=True)
class Row:
    """One device of the filled database."""

    id: UUID
    code: str
    serial: str
    state: State
    since: datetime
    owner: UUID
    custodian: UUID
    model: tuple[str, str, DeviceKind]


@dataclass
class Filled:
    """What stands in the database."""

    workshop: UUID
    desk: UUID
    rows: Sequence[Row] = field(default=())

    def codes(self, state: State) -> list[str]:
        """Codes of the workshop's devices in a state, those that it has in its hands."""
        return [row.code for row in self.rows if row.state is state and row.owner == row.custodian == self.workshop]


def fill(database: Database, *, devices: int = DEVICES, events: int = EVENTS) -> Filled:
    """Fill a fresh, migrated database; the person `LOGIN` is lead and admin of the workshop."""
    chance = random.Random(20261122)  # noqa: S311 - the same figures in every run; nothing secret
    filled, person = _organisations(database)
    filled.rows = list(_rows(filled, devices, chance))
    raw = database.engine(DatabaseRole.ADMIN).raw_connection()
    with raw.cursor() as cursor:
        with cursor.copy(f"COPY device ({_DEVICE}) FROM STDIN") as copy:
            for row in filled.rows:
                maker, model, kind = row.model
                about = (row.code, kind, Origin.DONATED, row.state, 10, 1, maker, model, row.serial, 1650, 2, "Rek 1")
                copy.write_row((row.id, row.owner, row.custodian, *about, row.since - timedelta(days=90), row.since))
        _parts(cursor, filled.rows)
        _evidence(cursor, filled.rows, person)
        _chain(cursor, database, filled, events, person)
        fill_rooms(cursor, filled.workshop, filled.desk)
    raw.commit()
    raw.close()
    with database.engine(DatabaseRole.ADMIN).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
    return filled


def _organisations(database: Database) -> tuple[Filled, UUID]:
    with unit_of_work(database.engine()) as session:
        desk = organisations.create(session, SYSTEM, "Uitleendienst Zuid", kind=OrganisationKind.LENDING_DESK).id
    with unit_of_work(database.engine()) as session:
        workshop = organisations.create(session, SYSTEM, "Kringwinkel Noord", contact="Stationsstraat 1, 9000 Gent")
        admin = Principal(workshop.id, SYSTEM, frozenset({Role.ADMIN}), "bench")
        organisations.add_site(session, admin, "Noord")
        person = accounts.create(session, admin, LOGIN, "Lies", PASSWORD, frozenset({Role.LEAD, Role.ADMIN}))
        return Filled(workshop.id, desk), person.id


def _rows(filled: Filled, devices: int, chance: random.Random) -> Iterator[Row]:
    states, weights = zip(*STATES, strict=True)
    number, now = FIRST_CODE, utc_now()
    for count in range(devices):
        while (code := from_number(number)) is None:
            number += 1
        number += 1
        owner = filled.desk if count < DESK_OWNS * devices // DEVICES else filled.workshop
        held = owner == filled.desk or chance.random() < 0.2
        since = now - timedelta(seconds=chance.randrange(86_400 * 700))
        state = chance.choices(states, weights)[0]
        serial = f"PF{count:08X}"
        yield Row(uuid4(), code, serial, state, since, owner, filled.desk if held else owner, chance.choice(MODELS))


def _parts(cursor: Any, rows: Sequence[Row]) -> None:
    with cursor.copy("COPY identifier (id, device_id, kind, value, source, created_at) FROM STDIN") as copy:
        for row in rows:
            copy.write_row((uuid4(), row.id, "serial", row.serial, "desk", row.since))
            copy.write_row((uuid4(), row.id, "storage_serial", f"S4E{row.serial}", "bench", row.since))
    columns = "id, device_id, media, model, serial, storage_key, capacity_bytes, fitted_version"
    with cursor.copy(f"COPY component ({columns}) FROM STDIN") as copy:
        for row in rows:
            serial = f"S4E{row.serial}"
            copy.write_row((uuid4(), row.id, MediaType.NVME, "SN720", serial, f"nvme:SN720:{serial}", 256_060_514_304, 1))


def _evidence(cursor: Any, rows: Sequence[Row], person: UUID) -> None:
    """What came with the steps until the inspection."""
    given = (
        (1, ev.Intake(origin=Origin.DONATED)),
        (1, ev.Place(place="Rek 1")),
        (2, ev.Visual(result=VisualResult.GOOD, defects=("kras op deksel",))),
        (2, ev.LabelPrintedProof(payload="HTTPS://FLEET.EXAMPLE.ORG/A/8YZABCDE")),
        (2, ev.LabelScannedProof(scanned="8YZABCDE")),
    )
    made = [(version, what, canonical(what), Jsonb(what.model_dump(mode="json"))) for version, what in given]
    with cursor.copy(f"COPY evidence ({_EVIDENCE}) FROM STDIN") as copy:
        for row in rows:
            for version, what, document, data in made:
                digest = hashlib.sha256(document).hexdigest()
                copy.write_row((uuid4(), row.id, what.type, version, row.since, "account", person, document, digest, data))


def _chain(cursor: Any, database: Database, filled: Filled, events: int, person: UUID) -> None:
    """The same number of steps for each device, in the chain of its owner, one round of all devices after another."""
    actor = Actor(ActorKind.ACCOUNT, person)
    heads = {owner: _head(database, owner) for owner in (filled.workshop, filled.desk)}
    steps = ("receive", "inspect", "begin_wipe", "wiped", "begin_image", "imaged", "pass_test", "release", "lend", "return")
    columns = "organisation_id, seq, at, type, actor_id, device_id, body, hash"
    with cursor.copy(f"COPY audit_event ({columns}) FROM STDIN") as copy:
        for turn in range(events // len(filled.rows)):
            told = {"step": steps[turn % len(steps)], "from": "received", "to": "inspected", "version": turn + 1, "evidence": []}
            for row in filled.rows:
                seq, previous = heads[row.owner]
                entry = Entry(row.owner, EventType.DEVICE_STEP, actor, {"code": row.code} | told, row.id)
                made: Link = link(entry, seq + 1, previous, row.since + timedelta(minutes=turn))
                heads[row.owner] = (made.seq, made.hash)
                copy.write_row((row.owner, made.seq, made.at, entry.type, person, row.id, made.body, made.hash))


def _head(database: Database, organisation: UUID) -> tuple[int, bytes]:
    with unit_of_work(database.engine(DatabaseRole.MAINTENANCE)) as session:
        row = session.execute(
            text("SELECT seq, hash FROM audit_event WHERE organisation_id = :o ORDER BY seq DESC LIMIT 1"), {"o": organisation}
        ).one()
        return row.seq, bytes(row.hash)
