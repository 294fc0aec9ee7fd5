"""Numbers from elsewhere: attached by people, found again, taken away with a reason; never keyed on one alone."""

import json

import pytest
from sqlalchemy import text

from fleet.auth.rules import RoleMissing
from fleet.contract.kinds import DeviceKind
from fleet.devices import evidence as ev
from fleet.devices import identifiers, repository, service
from fleet.devices.identifiers import NotANumber, NumberKept, NumberNotFound, NumberTaken, SerialDiffers, WhyMissing
from fleet.devices.lookup import find
from fleet.devices.models import IdentifierKind
from fleet.devices.standing import By
from fleet.devices.states import Origin, Step
from labels import codes
from tests.fleet.bench_events import CODE, storage

pytestmark = pytest.mark.db
OTHER = next(code for n in range(77, 177) if (code := codes.from_number(n)))
SNIPE = "https://assets.example.org/hardware/123"


def receive(workshop, code=CODE, **more):
    new = service.NewDevice(code, DeviceKind.LAPTOP, **({"model": "T480"} | more))
    with workshop.unit() as session:
        given = [ev.Intake(origin=Origin.FOUND), ev.Place(place="Rek 1")]
        service.create(session, By(workshop.worker), new, Step.RECEIVE, given)
    return code


def attach(workshop, scanned, code=CODE, kind=None, who=None):
    with workshop.unit() as session:
        row = identifiers.attach(session, who or workshop.worker, code, scanned, kind)
        return row.id


def remove(workshop, number, why="Etiket van een ander toestel", code=CODE, who=None):
    with workshop.unit() as session:
        identifiers.remove(session, who or workshop.lead, code, number, why)


def found(workshop, scanned):
    with workshop.unit() as session:
        return [match.device.asset_code for match in find(session, scanned).matches]


@pytest.fixture
def two(workshop):
    receive(workshop)
    receive(workshop, OTHER)
    return workshop


@pytest.mark.parametrize(
    ("attached", "scanned"),
    [
        (SNIPE, "HTTPS://ASSETS.EXAMPLE.ORG/HARDWARE/123"),
        (SNIPE, "123"),
        ("https://x.org/ht/0042", "https://x.org/hardware/bytag?assetTag=0042"),
        ("https://x.org/glpi/front/computer.form.php?id=12", "https://x.org/glpi/front/computer.form.php?id=12&forcetab=1"),
        ('{"stockitem": 77}', "https://parts.x.org/stock/item/77/"),
        ("https://parts.x.org/stock/item/77/", "INV-SI0077"),
        ("https://support.maker.example/?sn=1", "https://support.maker.example/?sn=1"),
        ("5CG 1234", "5cg1234"),
        ("490154203237518", "49-015420-323751-8"),
    ],
)
def test_a_number_from_elsewhere_finds_its_device(two, attached, scanned) -> None:
    assert found(two, scanned) == []
    attach(two, attached)
    assert found(two, scanned) == [CODE]


@pytest.mark.parametrize(
    "other",
    [
        "https://another.example.org/hardware/123",
        "https://assets.example.org/hardware/124",
        "https://assets.example.org/ht/123",
        "https://assets.example.org/front/computer.form.php?id=123",
    ],
)
def test_the_same_number_of_another_system_is_another_number(two, other) -> None:
    attach(two, SNIPE)
    assert found(two, other) == []
    attach(two, other, OTHER)
    assert found(two, other) == [OTHER]
    assert found(two, SNIPE) == [CODE]


def test_a_bare_number_that_fits_several_devices_gives_them_all(two) -> None:
    attach(two, SNIPE)
    attach(two, "https://another.example.org/hardware/123", OTHER)
    assert found(two, "123") == [CODE, OTHER]


def test_attaching_and_removing_stand_in_the_chain_with_the_person_but_without_the_reason(two) -> None:
    number = attach(two, SNIPE)
    attach(two, SNIPE)
    remove(two, number)
    with two.unit() as session:
        rows = session.execute(text("SELECT body FROM audit_event WHERE type LIKE 'identifier.%' ORDER BY seq")).scalars().all()
    added, removed = [json.loads(row) for row in rows]
    assert (added["type"], added["actor"]["id"]) == ("identifier.attached", str(two.worker.actor.id))
    assert added["data"]["system"] == "snipe_it assets.example.org"
    assert (removed["type"], removed["actor"]["id"]) == ("identifier.removed", str(two.lead.actor.id))
    assert b"Etiket" not in bytes(rows[1])


def test_a_wrong_number_is_taken_away_by_a_lead_with_a_reason_and_can_then_be_attached_elsewhere(two) -> None:
    number = attach(two, SNIPE)
    with pytest.raises(RoleMissing):
        remove(two, number, who=two.worker)
    with pytest.raises(WhyMissing):
        remove(two, number, " ")
    with pytest.raises(NumberNotFound):
        remove(two, number, code=OTHER)
    remove(two, number)
    with pytest.raises(NumberNotFound):
        remove(two, number)
    assert found(two, SNIPE) == []
    attach(two, SNIPE, OTHER)
    assert found(two, SNIPE) == [OTHER]
    attach(two, "5CG1")
    with two.unit() as session:
        kept = session.execute(text("SELECT removed_why FROM identifier WHERE removed_at IS NOT NULL")).scalars().all()
    assert kept == ["Etiket van een ander toestel"]


def test_a_record_of_one_system_is_one_device_and_a_serial_number_may_repeat(two) -> None:
    attach(two, SNIPE)
    with pytest.raises(NumberTaken):
        attach(two, SNIPE, OTHER)
    attach(two, "0042", kind=IdentifierKind.FOREIGN_TAG)
    attach(two, "0042", OTHER, kind=IdentifierKind.FOREIGN_TAG)
    assert found(two, "0042") == [CODE, OTHER]


def test_a_serial_number_fills_the_device_and_goes_with_it(two) -> None:
    number = attach(two, "PF2ABC1")
    with two.unit() as session:
        assert repository.by_code(session, CODE).serial == "PF2ABC1"
    with pytest.raises(SerialDiffers):
        attach(two, "PF2ABC2")
    remove(two, number)
    with two.unit() as session:
        assert repository.by_code(session, CODE).serial is None


@pytest.mark.parametrize(
    "scanned", ["", f"HTTPS://X.ORG/A/{OTHER}", codes.show(OTHER), OTHER, "https://x.org/" + "a" * 200, "ftp://x"]
)
def test_what_is_no_number_is_refused(two, scanned) -> None:
    with pytest.raises(NotANumber):
        attach(two, scanned)


def test_an_auditor_attaches_nothing_and_another_organisation_sees_nothing(two, stranger) -> None:
    with pytest.raises(RoleMissing):
        attach(two, SNIPE, who=two.auditor)
    number = attach(two, SNIPE)
    assert found(stranger, SNIPE) == []
    with stranger.unit() as session:
        assert repository.identifier(session, number) is None


def test_the_serial_number_of_fitted_storage_stays(workshop) -> None:
    receive(workshop, storages=(storage(),))
    with workshop.unit() as session:
        [drive] = [row.id for row in identifiers.of_device(session, CODE) if row.kind is IdentifierKind.STORAGE_SERIAL]
    with pytest.raises(NumberKept):
        remove(workshop, drive)
