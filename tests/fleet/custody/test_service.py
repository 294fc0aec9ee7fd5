"""Hand-overs between two organisations: who holds, who sees, what both chains say, and what is missing in the end."""

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from fleet.audit import service as audit
from fleet.auth.rules import SYSTEM, Principal, Role, RoleMissing
from fleet.custody import errors, receiving, service
from fleet.custody.receiving import Arrival
from fleet.custody.rules import LOST_AFTER, LineStatus, Ownership, TransferStatus, WhyNot
from fleet.db.engine import Role as DatabaseRole
from fleet.db.session import unit_of_work
from fleet.desk import bulk
from fleet.devices import evidence as ev
from fleet.devices import repository as devices
from fleet.devices import service as device_service
from fleet.devices.correction import correct
from fleet.devices.errors import DeviceElsewhere, DeviceNotFound, DeviceUnderWay
from fleet.devices.history import fiche
from fleet.devices.standing import By
from fleet.devices.states import State, Step
from fleet.organisations import service as organisations
from fleet.tasks import service as tasks
from fleet.tasks.rules import TaskKind
from tests.fleet.conftest import make_workshop
from tests.fleet.drives.bench_drives import Bench, device_of

pytestmark = pytest.mark.db


@pytest.fixture
def desk(workshop):
    return make_workshop(workshop.database, "Balie")


@pytest.fixture
def bench(workshop):
    return Bench(workshop)


def begin(workshop, desk, *codes, **more) -> UUID:
    with workshop.unit() as session:
        to = service.Destination(desk.organisation_id, desk.site_id, **more)
        transfer = service.draft(session, workshop.worker, to).id
        for code in codes:
            assert service.pack(session, workshop.worker, transfer, code).why is None
        return transfer


def sent(workshop, desk, *codes, **more) -> UUID:
    transfer = begin(workshop, desk, *codes, **more)
    with workshop.unit() as session:
        service.send(session, workshop.worker, transfer, service.Consignment("Jan", "VR-7", "S-41"))
    return transfer


def scan(side, transfer, code, place=""):
    with side.unit() as session:
        return receiving.receive(session, side.worker, transfer, code, place).arrival


def statuses(side, transfer):
    with side.unit() as session:
        return {line.asset_code: line.status for line in service.lines(session, service.get(session, side.worker, transfer))}


def visible(side, code) -> bool:
    with side.unit() as session:
        return devices.by_code(session, code) is not None


def told(side, kind):
    with side.unit() as session:
        rows = session.execute(
            text("SELECT body FROM audit_event WHERE organisation_id = :me AND type = :kind ORDER BY seq"),
            {"me": side.organisation_id, "kind": kind},
        )
        return [json.loads(bytes(row.body)) for row in rows]


def missing_tasks(session) -> list[str]:
    found = tasks.open_tasks(session).items
    return sorted(task.data["code"] for task in found if task.kind is TaskKind.TRANSFER_MISSING)


def test_a_device_changes_hands_with_its_whole_history(workshop, desk, bench):
    code = bench.laptop("S-1", wiped=True)
    other = bench.laptop("S-2")
    with workshop.unit() as session:
        before = fiche(session, device_service.get(session, code))
        counts = len(before.history), len(before.components), len(before.identifiers)
    transfer = sent(workshop, desk, code)

    assert device_of(workshop, code).custodian_id == workshop.organisation_id  # until it is scanned in
    assert visible(desk, code)
    assert not visible(desk, other)
    with desk.unit() as session, pytest.raises(DeviceUnderWay):
        device_service.apply(session, By(desk.worker), code, Step.START_TEST)

    assert scan(desk, transfer, f"HTTPS://FLEET.EXAMPLE.ORG/A/{code}", "Kast 2") is Arrival.RECEIVED
    assert scan(desk, transfer, code) is Arrival.AGAIN
    device = device_of(desk, code)
    assert (device.owner_id, device.custodian_id, device.incoming_id) == (workshop.organisation_id, desk.organisation_id, None)
    assert (device.place, device.site_id, device.state) == ("Kast 2", desk.site_id, State.WIPED)
    with desk.unit() as session:
        after = fiche(session, device_service.get(session, code))
    assert (len(after.history) - 2, len(after.components), len(after.identifiers)) == counts
    assert [entry.type for entry in after.history][-2:] == ["device.sent", "device.handed_over"]
    assert sum(len(entry.evidence) for entry in after.history) == sum(len(entry.evidence) for entry in before.history)
    assert visible(workshop, code)  # its owner
    assert not visible(desk, other)
    assert told(desk, "device.handed_over")[0]["data"]["from"] == str(workshop.organisation_id)
    assert told(workshop, "transfer.line_received")[0]["data"]["code"] == code
    assert "Jan" not in json.dumps([told(workshop, "transfer.sent"), told(desk, "transfer.announced")])


PER_DEVICE = (
    "device",
    "identifier",
    "component",
    "evidence",
    "wipe_certificate",
    "wipe_validation",
    "hardware_report",
    "bench_event",
)


def rows_of(side, device_id):
    with side.unit() as session:
        return {
            table: session.execute(
                text(f"SELECT count(*) FROM {table} WHERE {'id' if table == 'device' else 'device_id'} = :id"),  # noqa: S608 - names above
                {"id": device_id},
            ).scalar_one()
            for table in PER_DEVICE
        }


def test_who_held_it_and_does_not_own_it_sees_its_own_chain_alone(workshop, desk, bench):
    third = make_workshop(workshop.database, "Derde")
    code = bench.laptop("S-1", wiped=True)
    device_id = device_of(workshop, code).id
    scan(desk, sent(workshop, desk, code), code)
    whole = rows_of(workshop, device_id)
    assert rows_of(desk, device_id) == whole
    scan(third, sent(desk, third, code), code)
    assert rows_of(third, device_id) == whole
    assert rows_of(workshop, device_id) == whole
    assert set(rows_of(desk, device_id).values()) == {0}
    assert not visible(desk, code)
    with desk.unit() as session:
        seen = session.execute(text("SELECT organisation_id FROM audit_event WHERE device_id = :id"), {"id": device_id})
        assert {row.organisation_id for row in seen} == {desk.organisation_id}
    assert told(workshop, "transfer.line_received")[-1]["data"]["to"] == str(third.organisation_id)  # its owner is told too
    with unit_of_work(workshop.database.engine(DatabaseRole.MAINTENANCE)) as session:
        for side in (workshop, desk, third):
            assert audit.verify(session, side.organisation_id, workshop.bench_key.public_key()).first_bad is None


def test_red_scans_say_why(workshop, desk, bench):
    code = bench.laptop("S-1")
    transfer = begin(workshop, desk, code)
    another = begin(workshop, desk)
    with workshop.unit() as session:
        assert service.pack(session, workshop.worker, transfer, code).again
        assert service.pack(session, workshop.worker, another, code).why is WhyNot.THERE_ALREADY
        assert service.pack(session, workshop.worker, another, bench.code()).why is WhyNot.NOT_HELD
        with pytest.raises(errors.ScanUnread):
            service.pack(session, workshop.worker, another, "5400141000000")
    theirs = Bench(desk).laptop("S-9")
    with workshop.unit() as session:
        assert service.pack(session, workshop.worker, another, theirs).why is WhyNot.NOT_HELD
        with pytest.raises(errors.TransferEmpty):
            service.send(session, workshop.worker, another, service.Consignment())
        with pytest.raises(RoleMissing):
            service.pack(session, workshop.auditor, another, code)
    with desk.unit() as session, pytest.raises(errors.TransferNotFound):  # a draft is the sender's own
        service.get(session, desk.worker, transfer)


def test_what_does_not_come_is_a_task_and_lost_by_a_decision_alone(workshop, desk, bench):
    codes = [bench.laptop(f"S-{number}") for number in range(3)]
    transfer = sent(workshop, desk, *codes)
    surplus = bench.laptop("S-8")
    scan(desk, transfer, codes[0])
    assert scan(desk, transfer, surplus) is Arrival.SURPLUS
    with desk.unit() as session:
        receiving.close(session, desk.worker, transfer)
    late = [LineStatus.RECEIVED, LineStatus.MISSING, LineStatus.MISSING, LineStatus.SURPLUS]
    assert [statuses(workshop, transfer)[code] for code in (*codes, surplus)] == late
    assert device_of(workshop, surplus).custodian_id == workshop.organisation_id
    with workshop.unit() as session:
        assert missing_tasks(session) == sorted(codes[1:])
        with pytest.raises(errors.LostTooSoon):
            receiving.call_lost(session, workshop.lead, transfer, codes[1], "weg")
    assert scan(desk, transfer, codes[1]) is Arrival.RECEIVED  # it was in the other van
    with workshop.database.engine(DatabaseRole.ADMIN).begin() as connection:
        connection.execute(text("UPDATE transfer SET closed_at = closed_at - :days"), {"days": LOST_AFTER + timedelta(hours=1)})
    with workshop.unit() as session:
        receiving.call_lost(session, workshop.lead, transfer, codes[2], "Niet in de bus, niet op de kade", "GE.1/26")
        assert missing_tasks(session) == []
    assert device_of(workshop, codes[2]).state is State.LOST
    assert scan(desk, transfer, codes[2]) is Arrival.CALLED_BACK


def test_ownership_goes_only_where_it_is_accepted(workshop, desk, bench):
    code, kept = bench.laptop("S-1", wiped=True), bench.laptop("S-2")
    transfer = sent(workshop, desk, code, with_ownership=True)
    with desk.unit() as session:
        with pytest.raises(errors.OwnershipUnanswered):
            receiving.receive(session, desk.worker, transfer, code)
        with pytest.raises(RoleMissing):
            receiving.answer(session, desk.worker, transfer, accept=True)
    with workshop.unit() as session, pytest.raises(errors.OtherSide):
        receiving.answer(session, workshop.lead, transfer, accept=True)
    with desk.unit() as session:
        receiving.answer(session, desk.lead, transfer, accept=True)
    scan(desk, transfer, code)
    assert device_of(desk, code).owner_id == desk.organisation_id
    assert not visible(workshop, code)
    declined = sent(workshop, desk, kept, with_ownership=True)
    with desk.unit() as session:
        receiving.answer(session, desk.lead, declined, accept=False)
    scan(desk, declined, kept)
    assert device_of(workshop, kept).owner_id == workshop.organisation_id


def test_who_holds_it_already_can_become_its_owner_without_a_lorry(workshop, desk, bench):
    code = bench.laptop("S-1")
    scan(desk, sent(workshop, desk, code), code)
    transfer = sent(workshop, desk, code, with_ownership=True)
    with desk.unit() as session:
        receiving.answer(session, desk.lead, transfer, accept=True)
    assert device_of(desk, code).owner_id == desk.organisation_id
    assert statuses(desk, transfer) == {code: LineStatus.RECEIVED}


def test_cancelled_or_found_again_it_stays_with_the_sender(workshop, desk, bench):
    code = bench.laptop("S-1")
    transfer = sent(workshop, desk, code)
    with workshop.unit() as session:
        assert service.cancel(session, workshop.worker, transfer).status is TransferStatus.CANCELLED
    assert not visible(desk, code)
    again = sent(workshop, desk, code)
    with workshop.unit() as session:
        receiving.found_here(session, workshop.worker, again, code)
    assert device_of(workshop, code).incoming_id is None
    assert scan(desk, again, code) is Arrival.CALLED_BACK


def test_between_two_sites_of_one_organisation(workshop, bench):
    code = bench.laptop("S-1")
    with workshop.unit() as session:
        admin = Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
        south = organisations.add_site(session, admin, "Zuid").id
        own = workshop.organisation_id
        with pytest.raises(errors.DestinationSame):
            service.draft(session, workshop.worker, service.Destination(own, workshop.site_id, workshop.site_id))
        transfer = service.draft(session, workshop.worker, service.Destination(own, south, workshop.site_id)).id
        service.pack(session, workshop.worker, transfer, code)
        service.send(session, workshop.worker, transfer, service.Consignment())
    assert scan(workshop, transfer, code) is Arrival.RECEIVED
    assert (device_of(workshop, code).site_id, device_of(workshop, code).place) == (south, "Zuid")


def test_the_database_itself_refuses_any_other_way(workshop, desk, bench):
    code = bench.laptop("S-1")
    for column in ("owner_id", "custodian_id", "incoming_id"):
        with pytest.raises(DBAPIError, match="by a transfer alone"), workshop.unit() as session:
            session.execute(text(f"UPDATE device SET {column} = :other"), {"other": desk.organisation_id})  # noqa: S608 - names above
    forged = """INSERT INTO transfer (id, reference, sender_id, receiver_id, status, ownership, driver, carrier_reference, seal,
        created_at, sent_at) VALUES (gen_random_uuid(), 'T-1', :sender, :me, 'sent', 'accepted', '', '', '', now(), now())"""
    with pytest.raises(DBAPIError, match="row-level security"), desk.unit() as session:
        session.execute(text(forged), {"sender": workshop.organisation_id, "me": desk.organisation_id})
    transfer = begin(workshop, desk, code)
    with desk.unit() as session:  # not sent yet: the function gives nothing
        given = {"id": transfer, "device": device_of(workshop, code).id}
        assert session.execute(text("SELECT custody_receive(:id, :device, '')"), given).scalar_one_or_none() is None
        assert session.execute(text("SELECT count(*) FROM custody_send(:id)"), {"id": transfer}).scalar_one() == 0
    another = begin(workshop, desk)
    line = """INSERT INTO transfer_line SELECT gen_random_uuid(), :to, device_id, 'ZZZZZZZZ', '', 'packed', now()
        FROM transfer_line"""
    with pytest.raises(IntegrityError), workshop.unit() as session:
        session.execute(text(line), {"to": another})


def test_an_unknown_destination_and_a_stranger(workshop, desk, bench):
    third = make_workshop(workshop.database, "Derde")
    transfer = sent(workshop, desk, bench.laptop("S-1"))
    with third.unit() as session:
        for act in (service.get, service.cancel, receiving.close):
            with pytest.raises(errors.TransferNotFound):
                act(session, third.worker, transfer)
    with workshop.unit() as session:
        with pytest.raises(errors.DestinationUnknown):
            service.draft(session, workshop.worker, service.Destination(UUID(int=7)))
        with pytest.raises(errors.DestinationUnknown):
            service.draft(session, workshop.worker, service.Destination(desk.organisation_id, third.site_id))
        found = organisations.others(session, workshop.worker, "  bal ")
        assert [(row.id, row.name) for row in found] == [(desk.organisation_id, "Balie")]
        assert list(organisations.others(session, workshop.worker, "%")) == []
    with third.unit() as session, pytest.raises(DeviceNotFound):
        device_service.get(session, "VC2R1YD6")


def test_offered_is_neither_yes_nor_no(workshop, desk, bench):
    transfer = sent(workshop, desk, bench.laptop("S-1"), with_ownership=True)
    with desk.unit() as session:
        assert service.get(session, desk.worker, transfer).ownership is Ownership.OFFERED
        with pytest.raises(errors.OwnershipUnanswered):
            receiving.close(session, desk.worker, transfer)


def test_a_list_that_the_other_side_does_not_see_holds_its_devices_too(workshop, desk, bench):
    code = bench.drive("S-1")[0]
    scan(desk, sent(workshop, desk, code), code)
    offered = begin(workshop, desk, code, with_ownership=True)  # the desk holds it, and does not see this draft
    with desk.unit() as session:
        back = service.draft(session, desk.worker, service.Destination(workshop.organisation_id, workshop.site_id)).id
        assert service.pack(session, desk.worker, back, code).why is WhyNot.THERE_ALREADY
        assert service.lines(session, service.get(session, desk.worker, back)) == []
    with workshop.unit() as session:
        service.unpack(session, workshop.worker, offered, code)
    with desk.unit() as session:
        assert service.pack(session, desk.worker, back, code).why is None


def at_site(side, code):
    with side.unit() as session:
        return devices.by_code(session, code).site_id


def another_site(side, name):
    admin = Principal(side.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with side.unit() as session:
        return organisations.add_site(session, admin, name).id


def test_a_device_stands_where_it_was_sent_or_at_the_only_site_there_is(workshop, desk, bench):
    named, unnamed, unknown = (bench.drive(f"S-{number}")[0] for number in range(3))
    scan(desk, sent(workshop, desk, named), named)
    with workshop.unit() as session:
        anywhere = service.draft(session, workshop.worker, service.Destination(desk.organisation_id)).id
        for code in (unnamed, unknown):
            service.pack(session, workshop.worker, anywhere, code)
        service.send(session, workshop.worker, anywhere, service.Consignment())
    scan(desk, anywhere, unnamed)
    assert at_site(desk, named) == at_site(desk, unnamed) == desk.site_id
    another_site(desk, "Markt")
    scan(desk, anywhere, unknown)
    assert at_site(desk, unknown) is None  # two sites: nobody said which


def test_who_becomes_the_owner_of_what_it_holds_moves_nothing(workshop, desk, bench):
    code = bench.drive("S-1")[0]
    scan(desk, sent(workshop, desk, code), code)
    elsewhere = another_site(desk, "Markt")
    with workshop.unit() as session:
        to = service.Destination(desk.organisation_id, elsewhere, with_ownership=True)
        offer = service.draft(session, workshop.worker, to).id
        assert service.pack(session, workshop.worker, offer, code).why is None
        service.send(session, workshop.worker, offer, service.Consignment())
    with desk.unit() as session:
        receiving.answer(session, desk.lead, offer, accept=True)
    assert at_site(desk, code) == desk.site_id


def test_a_third_owner_is_told_of_everything(workshop, desk, bench):
    third = make_workshop(workshop.database, "Derde")
    codes = [bench.drive(f"S-{number}")[0] for number in range(3)]
    first = sent(workshop, desk, *codes)
    for code in codes:
        scan(desk, first, code)
    onwards = sent(desk, third, *codes[:2])
    scan(third, onwards, codes[0])
    with third.unit() as session:
        receiving.close(session, third.worker, onwards)
    with desk.unit() as session:
        receiving.found_here(session, desk.worker, onwards, codes[1])
    given_up = sent(desk, third, codes[2])
    with desk.unit() as session:
        service.cancel(session, desk.worker, given_up)
    assert [event["data"]["code"] for event in told(workshop, "transfer.line_sent")] == codes
    assert [event["data"]["code"] for event in told(workshop, "transfer.line_missing")] == [codes[1]]
    assert [event["data"]["code"] for event in told(workshop, "transfer.line_recalled")] == codes[1:]
    assert told(workshop, "transfer.line_sent")[0]["data"]["sender"] == str(desk.organisation_id)


def test_nothing_goes_to_a_site_that_was_closed_since(workshop, desk, bench):
    code, markt = bench.drive("S-1")[0], another_site(desk, "Markt")
    with workshop.unit() as session:
        to = service.Destination(desk.organisation_id, markt)
        transfer = service.draft(session, workshop.worker, to).id
        service.pack(session, workshop.worker, transfer, code)
    admin = Principal(desk.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")
    with desk.unit() as session:
        organisations.change_site(session, admin, markt, "Markt", is_open=False)
    with pytest.raises(errors.DestinationClosed), workshop.unit() as session:
        service.send(session, workshop.worker, transfer, service.Consignment())


def test_what_was_lost_goes_back_to_its_owner_on_paper_and_to_nobody_else(workshop, desk, bench):
    third = make_workshop(workshop.database, "Derde")
    code = bench.drive("S-1")[0]
    scan(desk, sent(workshop, desk, code), code)
    with desk.unit() as session:
        lost = [ev.LossStatement(text="uit de auto gestolen")]
        device_service.apply(session, By(desk.lead), code, Step.REPORT_LOST, lost)
        elsewhere = service.draft(session, desk.worker, service.Destination(third.organisation_id)).id
        assert service.pack(session, desk.worker, elsewhere, code).why is WhyNot.LOST
    scan(workshop, sent(desk, workshop, code), code)
    with workshop.unit() as session:
        device = devices.by_code(session, code)
        assert (device.custodian_id, device.state) == (workshop.organisation_id, State.LOST)


def test_who_owns_a_device_and_does_not_hold_it_looks_and_touches_nothing(workshop, desk, bench):
    code = bench.drive("S-1")[0]
    scan(desk, sent(workshop, desk, code), code)
    held = By(workshop.lead)
    with workshop.unit() as session:
        device = device_service.get(session, code)
        assert device_service.steps_for(session, workshop.lead, device) == ()
        [line] = bulk.preview(session, workshop.lead, bulk.Action.PLACE, [code])
        assert line.elsewhere
    for touch in (
        lambda session: device_service.apply(session, held, code, Step.QUARANTINE, [ev.QuarantineWhy(reason="donor_question")]),
        lambda session: device_service.add_evidence(session, held, code, [ev.Place(place="Rek 9")]),
        lambda session: correct(session, workshop.lead, code, "vergissing"),
    ):
        with pytest.raises(DeviceElsewhere), workshop.unit() as session:
            touch(session)
    with desk.unit() as session:
        assert device_service.add_evidence(session, By(desk.worker), code, [ev.Place(place="Kast 3")]).place == "Kast 3"
