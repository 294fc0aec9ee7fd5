from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import text

from fleet.accounts import benches
from fleet.auth.rules import RoleMissing
from fleet.contract.kinds import DeviceKind
from fleet.devices import evidence as ev
from fleet.devices import service as devices
from fleet.devices.standing import By
from fleet.devices.states import Origin, Step
from fleet.donations import errors, service
from fleet.donations.models import Donation, IntakeBatch
from fleet.donations.rules import Custody, DifferenceKind, DonationStatus, DonorKind
from fleet.donations.service import Arrival, NewDonation, NewDonor
from fleet.tags import service as tags
from tests.fleet.conftest import Workshop

pytestmark = pytest.mark.db


def register(world: Workshop, count: int | None = 2, serials: tuple[str, ...] = ()) -> Donation:
    with world.unit() as session:
        donor = service.register_donor(session, world.worker, NewDonor(" Stad  Voorbeeld ", DonorKind.AUTHORITY))
        donation = service.register(session, world.worker, NewDonation(donor.id, count, serials))
        session.flush()
        session.expunge(donation)
    return donation


def open_batch(world: Workshop, donation: Donation, arrival: Arrival | None = None) -> IntakeBatch:
    with world.unit() as session:
        batch = service.open_batch(session, world.worker, donation.id, arrival or Arrival())
        session.flush()
        session.expunge(batch)
    return batch


def receive(world: Workshop, batch: IntakeBatch, serial: str) -> None:
    with world.unit() as session:
        code = tags.issue_one(session, world.worker)
        new = devices.NewDevice(code, DeviceKind.LAPTOP, "Model", serial)
        given = [ev.Intake(origin=Origin.DONATED, batch_id=batch.id), ev.Place(place="Rek 1")]
        devices.create(session, By(world.worker), new, Step.RECEIVE, given)


def fail_after(_: object) -> None:
    raise ZeroDivisionError


def test_references_have_no_gaps(workshop: Workshop, stranger: Workshop) -> None:
    first = register(workshop)
    with pytest.raises(errors.DonorNotFound), workshop.unit() as session:
        service.register(session, workshop.worker, NewDonation(uuid4(), 1))
    with pytest.raises(ZeroDivisionError), workshop.unit() as session:
        fail_after(service.register(session, workshop.worker, NewDonation(first.donor_id, 1)))
    year = first.registered_at.year
    assert [first.reference, register(workshop).reference] == [f"D-{year}-0001", f"D-{year}-0002"]
    assert register(stranger).reference == f"D-{year}-0001"


def test_references_have_no_gaps_in_parallel(workshop: Workshop) -> None:
    with ThreadPoolExecutor(5) as pool:
        references = sorted(donation.reference for donation in pool.map(lambda _: register(workshop), range(10)))
    assert [int(reference[-4:]) for reference in references] == list(range(1, 11))


def test_serial_numbers_are_compared_without_spaces_and_case(workshop: Workshop) -> None:
    donation = register(workshop, None, (" ab 1", "", "CD2"))
    assert (donation.declared_serials, donation.declared_count) == (["AB1", "CD2"], 2)
    with pytest.raises(errors.SerialTwice):
        register(workshop, None, ("AB1", "ab 1"))
    with pytest.raises(errors.CountDiffers):
        register(workshop, 3, ("AB1", "CD2"))


def test_the_way_of_a_donation(workshop: Workshop) -> None:
    donation = register(workshop)
    assert donation.status is DonationStatus.PLEDGED
    batch = open_batch(workshop, donation, Arrival(2, 4400, " S-1 "))
    assert (batch.received_count, batch.weight_g, batch.seal) == (2, 4400, "S-1")
    with workshop.unit() as session:
        assert service.get(session, donation.id).status is DonationStatus.ARRIVED
        with pytest.raises(errors.DonationStarted):
            service.cancel(session, workshop.lead, donation.id)
        with pytest.raises(errors.BatchesOpen, match=batch.reference):
            service.close(session, workshop.lead, donation.id)
        assert service.takes_devices(session, batch.id)
        service.close_batch(session, workshop.worker, batch.id, Arrival(received_count=3))
        assert not service.takes_devices(session, batch.id)
        assert service.get_batch(session, batch.id).weight_g == 4400
        with pytest.raises(errors.BatchClosed):
            service.count_batch(session, workshop.worker, batch.id, Arrival(1))
        assert service.close(session, workshop.lead, donation.id).status is DonationStatus.CLOSED
        with pytest.raises(errors.DonationEnded):
            service.open_batch(session, workshop.worker, donation.id, Arrival())


def test_a_donation_that_never_came(workshop: Workshop) -> None:
    donation = register(workshop)
    with workshop.unit() as session:
        assert service.cancel(session, workshop.lead, donation.id).ended_at is not None
    with pytest.raises(errors.DonationEnded):
        open_batch(workshop, donation)


def test_a_bench_works_on_an_open_batch_only(workshop: Workshop, stranger: Workshop) -> None:
    batch, other = open_batch(workshop, register(workshop)), open_batch(stranger, register(stranger))
    with workshop.unit() as session:
        service.assign_bench(session, workshop.lead, workshop.bench.id, batch.id)
        assert benches.get_bench(session, workshop.bench.id).batch_id == batch.id
        with pytest.raises(errors.BatchNotFound):
            service.assign_bench(session, workshop.lead, workshop.bench.id, other.id)
        assert not service.takes_devices(session, other.id)
    with workshop.unit() as session:
        service.close_batch(session, workshop.worker, batch.id, Arrival())
    with workshop.unit() as session:
        assert benches.get_bench(session, workshop.bench.id).batch_id is None
        with pytest.raises(errors.BatchClosed):
            service.assign_bench(session, workshop.lead, workshop.bench.id, batch.id)


def test_where_all_of_a_donation_is(workshop: Workshop) -> None:
    donation = register(workshop, None, ("AB1", "CD2", "EF3"))
    first, second = open_batch(workshop, donation, Arrival(3)), open_batch(workshop, donation)
    receive(workshop, first, "ab 1")
    receive(workshop, second, "XX9")
    with workshop.unit() as session:
        report = service.custody(session, donation.id)
    assert (report.declared, report.counted, report.registered) == (3, 3, 2)
    assert report.lines[Custody.IN_WORKSHOP] == 2
    lines = {line.kind: (line.count, line.serials) for line in report.differences}
    assert lines == {
        DifferenceKind.COUNTED_NOT_REGISTERED: (1, ()),
        DifferenceKind.NOT_COUNTED: (1, ()),
        DifferenceKind.NOT_LABELLED: (2, ()),
        DifferenceKind.NOT_WIPED: (2, ()),
        DifferenceKind.SERIAL_NOT_FOUND: (2, ("CD2", "EF3")),
        DifferenceKind.SERIAL_NOT_DECLARED: (1, ("XX9",)),
    }


def test_a_donation_of_which_nothing_came(workshop: Workshop) -> None:
    donation = register(workshop, 4)
    with workshop.unit() as session:
        report = service.custody(session, donation.id)
    assert (report.registered, [line.kind for line in report.differences]) == (0, [DifferenceKind.DECLARED_NOT_RECEIVED])


def test_the_chain_knows_no_names(workshop: Workshop) -> None:
    register(workshop)
    with workshop.unit() as session:
        chain = str(session.execute(text("SELECT convert_from(body, 'UTF8') FROM audit_event")).all())
    assert "donation.registered" in chain
    assert "Voorbeeld" not in chain


def test_pages_go_on_where_they_stopped(workshop: Workshop) -> None:
    wanted = [register(workshop).reference for _ in range(5)][::-1]
    seen: list[str] = []
    cursor: str | None = None
    with workshop.unit() as session:
        for _ in range(3):
            page = service.page(session, limit=2, cursor=cursor)
            seen += [donation.reference for donation in page.items]
            cursor = page.next
        assert service.page(session, status=DonationStatus.CANCELLED).items == []
        assert len(service.donors(session, limit=3).items) == 3
    assert (seen, cursor) == (wanted, None)


def test_who_may(workshop: Workshop, stranger: Workshop) -> None:
    donation = register(workshop)
    with workshop.unit() as session:
        with pytest.raises(RoleMissing):
            service.register_donor(session, workshop.auditor, NewDonor("x"))
        with pytest.raises(RoleMissing):
            service.cancel(session, workshop.worker, donation.id)
        with pytest.raises(errors.DonorNameMissing):
            service.register_donor(session, workshop.worker, NewDonor("  "))
    with stranger.unit() as session, pytest.raises(errors.DonationNotFound):
        service.get(session, donation.id)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT * FROM donation WHERE organisation_id = :o ORDER BY registered_at DESC, id DESC LIMIT 51", "donation_list"),
        (
            "SELECT id FROM donation WHERE organisation_id = :o AND status = 'arrived' ORDER BY registered_at DESC, id DESC",
            "donation_status",
        ),
        ("SELECT * FROM intake_batch WHERE organisation_id = :o ORDER BY opened_at DESC, id DESC LIMIT 51", "intake_batch_list"),
        ("SELECT * FROM donor WHERE organisation_id = :o ORDER BY name, id LIMIT 51", "donor_list"),
        ("SELECT * FROM bench WHERE organisation_id = :o ORDER BY enrolled_at, id LIMIT 51", "bench_list"),
        ("SELECT * FROM image WHERE organisation_id = :o ORDER BY published_at DESC, id DESC LIMIT 51", "image_list"),
    ],
)
def test_lists_have_their_index(workshop: Workshop, query: str, index: str) -> None:
    with workshop.unit() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_sort = off"))
        plan = session.execute(text(f"EXPLAIN {query}"), {"o": workshop.organisation_id}).scalars().all()
    assert any(index in line for line in plan), plan
