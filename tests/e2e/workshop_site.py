"""A running service with a workshop in the middle of its work: every step taken through intake and services."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from fleet.accounts import service as accounts
from fleet.auth.rules import SYSTEM, Actor, ActorKind, Principal
from fleet.contract import events
from fleet.contract.certificate import Tool
from fleet.contract.kinds import DeviceKind, MediaType, QuarantineReason, Verdict, VisualResult
from fleet.contract.signing import SignedDocument, public_text
from fleet.contract.storage import StorageIdentity
from fleet.db.session import unit_of_work
from fleet.demo.people import ORGANISATION, Team, settle
from fleet.demo.server import serving
from fleet.devices import evidence as ev
from fleet.devices import repository as devices
from fleet.devices import workshop
from fleet.devices.service import apply
from fleet.devices.standing import By
from fleet.devices.states import Step
from fleet.donations import service as donations
from fleet.intake.service import take_in
from fleet.intake.station import sender
from fleet.tags import service as tags
from fleet.wipes import service as wipes
from tests.e2e import measured
from tests.fleet.bench_events import Wire

T = TypeVar("T")
LAPTOPS = (
    ("Lenovo", "ThinkPad T480", "Samsung MZVLB256", 256_060_514_304),
    ("HP", "EliteBook 840 G5", "WD SN720 512GB", 512_110_190_592),
    ("Dell", "Latitude 5490", "SK hynix SC311 256GB", 256_060_514_304),
    ("Lenovo", "ThinkPad L390", "KIOXIA KBG40 256GB", 256_060_514_304),
)
PAPER = {
    "organisation": ORGANISATION,
    "device_kind": DeviceKind.LAPTOP,
    "tool": Tool(name="bench-agent", version="1.0", kernel="6.1.0-37-amd64"),
}
"""What stands on the certificates of its laptops."""


@dataclass(frozen=True)
class Site:
    """Where it runs, who can sign in, and some devices to look at."""

    app: FastAPI
    address: str
    passwords: dict[str, str]
    codes: dict[str, str]
    donation: str
    certificate: UUID
    destruction: UUID
    storage_key: str
    """Of the drive `codes["drive"]`."""
    organisation: UUID


@dataclass
class Hands:
    """What the people and the bench of the workshop do, each thing in a transaction of its own."""

    app: FastAPI
    team: Team
    bench_id: UUID
    wire: Wire
    people: dict[str, Principal]
    drawn: int = 0

    def unit(self):
        return unit_of_work(self.app.state.database.engine(), self.team.organisation_id)

    def send(self, *documents: SignedDocument) -> None:
        for document in documents:
            with self.unit() as session:
                take_in(session, sender(accounts.get_bench(session, self.bench_id)), document)

    def code(self) -> str:
        with self.unit() as session:
            return tags.issue_one(session, self.people["mo"])

    def laptop(self) -> tuple[str, StorageIdentity]:
        """A laptop that came in at the bench and was labelled."""
        self.drawn += 1
        maker, model, disk, size = LAPTOPS[self.drawn % len(LAPTOPS)]
        storage = StorageIdentity(
            media=MediaType.NVME, model=disk, serial=f"S4E{self.drawn:03}NF0M{self.drawn * 7919 % 99999}", capacity_bytes=size
        )
        code = self.code()
        self.send(
            self.wire.event(
                events.DeviceReceived(
                    asset_code=code,
                    kind=DeviceKind.LAPTOP,
                    manufacturer=maker,
                    model=model,
                    serial=f"PF{self.drawn * 104729 % 0xFFFFFF:06X}",
                    storages=(storage,),
                    port="A1",
                )
            ),
            *self.wire.labelled(code),
        )
        return code, storage

    def inspected(self) -> tuple[str, StorageIdentity]:
        code, storage = self.laptop()
        data = events.DeviceInspected(
            asset_code=code,
            visual=VisualResult.GOOD,
            place=f"Rek {self.drawn % 6 + 1}",
            weight_g=1650,
            defects=("kras op deksel",),
        )
        self.send(self.wire.event(data))
        return code, storage

    def wiped(self) -> str:
        code, storage = self.inspected()
        self.send(self.wire.wipe_started(code, storage), self.wire.erased(code, storage, **PAPER))
        return code

    def testing(self) -> str:
        code = self.wiped()
        self.send(*self.wire.imaged(code))
        return code

    def tested(self) -> str:
        code = self.testing()
        with self.unit() as session:
            workshop.finish_tests(
                session, self.people["mo"], code, workshop.Tests(functional=True, electrical=True, battery_percent=83)
            )
        return code

    def ready(self) -> str:
        code = self.tested()
        with self.unit() as session:
            workshop.release(session, self.people["fatma"], code)
        return code

    def step(self, code: str, step: Step, *given: ev.AnyEvidence) -> str:
        with self.unit() as session:
            apply(session, By(self.people["lies"]), code, step, given)
        return code


def _hands(app: FastAPI, team: Team) -> Hands:
    key = Ed25519PrivateKey.generate()
    with unit_of_work(app.state.database.engine(), team.organisation_id) as session:
        anybody = Principal(team.organisation_id, SYSTEM, frozenset(), "site")
        logins = {row.login: row for row in accounts.page(session, anybody).items}
        people = {
            login: Principal(team.organisation_id, Actor(ActorKind.ACCOUNT, row.id), frozenset(row.roles), row.display_name)
            for login, row in logins.items()
        }
        code = accounts.issue_enrolment_code(session, people["lies"], team.site_id)
        bench = accounts.enrol(session, code, public_text(key.public_key()), "Werkbank 1", "test")
        return Hands(app, team, bench.id, Wire(bench.id, key, operator="mo"), people)


def _donation(hands: Hands) -> str:
    lead = hands.people["lies"]
    with hands.unit() as session:
        donor = donations.register_donor(session, lead, donations.NewDonor("Stad Gent, dienst ICT", town="Gent", postcode="9000"))
        session.flush()
        donation = donations.register(
            session, lead, donations.NewDonation(donor.id, declared_count=30, note="Oude laptops van de loketten")
        )
        session.flush()
        batch = donations.open_batch(session, lead, donation.id, donations.Arrival(28, 48_200, "S-0041"))
        session.flush()
        donations.assign_bench(session, lead, hands.bench_id, batch.id)
        return donation.reference


def several(make: Callable[[], T], count: int) -> T:
    """Make some, give the last."""
    return [make() for _ in range(count)][-1]


def _work(hands: Hands) -> dict[str, str]:
    """Devices in many states."""
    codes = {"ready": several(hands.ready, 6)}
    codes["tested"] = several(hands.tested, 2)
    codes["testing"] = several(hands.testing, 3)
    codes["wiped"] = several(hands.wiped, 3)
    codes["inspected"] = several(hands.inspected, 4)[0]
    codes["received"] = several(hands.laptop, 2)[0]
    code, storage = hands.inspected()
    hands.send(hands.wire.wipe_started(code, storage))
    codes["wiping"] = code
    code, storage = hands.inspected()
    failed = events.WipeFinished(
        asset_code=code, job_id=UUID(int=7), storage=storage, verdict=Verdict.FAILED, reason="unplugged", medium_failure=False
    )
    hands.send(hands.wire.wipe_started(code, storage), hands.wire.event(failed))
    codes["wipe_failed"] = code
    code, _ = hands.inspected()
    codes["quarantined"] = hands.step(
        code, Step.QUARANTINE, ev.QuarantineWhy(reason=QuarantineReason.ACCOUNT_LOCK, detail="Microsoft-account")
    )
    codes["checked"] = measured.checked(hands)
    codes["drive"], _ = measured.failing_drive(hands)
    measured.healthy_drive(hands)
    code, _ = hands.inspected()
    codes["in_repair"] = hands.step(code, Step.OPEN_REPAIR, ev.WorkOrder(fault="Scharnier gebroken"))
    hands.send(hands.wire.erased(codes["received"]))  # a fact that does not fit: a task for the lead
    _, storage = hands.laptop()
    with hands.unit() as session:
        [device] = devices.holders_of_key(session, storage.key)
        codes["unlabelled"] = device.asset_code
    return codes


@contextmanager
def workshop_site(data_dir: Path, port: int = 0) -> Iterator[Site]:
    """The service, its people and its devices, until the end of the block."""
    with serving(data_dir, port) as (app, address):
        team = settle(app)
        hands = _hands(app, team)
        donation = _donation(hands)
        codes = _work(hands)
        destruction = measured.destroyed(hands)
        with hands.unit() as session:
            ready = devices.by_code(session, codes["ready"])
            assert ready is not None
            certificate = wipes.of_device(session, ready.id)[0].id
            drive = devices.by_code(session, codes["drive"])
            assert drive is not None
            [key] = [row.storage_key for row in devices.fitted(session, drive.id)]
        yield Site(app, address, dict(team.passwords), codes, donation, certificate, destruction, key, team.organisation_id)
