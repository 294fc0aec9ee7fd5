"""Codes, devices, scans, ports, profile and outbox rows."""

import threading
from contextlib import suppress
from datetime import datetime
from uuid import uuid4

import pytest

from agents.journal import codes, devices, outbox, ports, profile, scans
from agents.journal.codes import OutOfCodes
from agents.journal.db import Journal
from agents.journal.devices import KnownDevice, Stage
from agents.journal.scans import Answer, NewScan
from fleet.contract.bench import BenchProfile
from fleet.contract.kinds import DeviceKind, VisualResult
from fleet.contract.storage import StorageIdentity


def lease(journal: Journal, names: list[str], now: datetime) -> None:
    with journal.transaction() as tx:
        codes.stock(tx, uuid4(), names, now)


def test_parallel_threads_take_each_code_once(journal: Journal, now: datetime) -> None:
    lease(journal, [f"{number:08}" for number in range(40)], now)
    taken: list[str] = []

    def take(worker: int) -> None:
        for turn in range(5):
            with journal.transaction(durable=False) as tx:
                taken.append(codes.take(tx, f"{worker}-{turn}"))

    threads = [threading.Thread(target=take, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 40
    with journal.transaction() as tx:
        assert codes.free(tx) == 0
        with pytest.raises(OutOfCodes, match="Connect it"):
            codes.take(tx, "one more")


def test_a_code_taken_in_a_transaction_that_fails_is_free_again(journal: Journal, now: datetime) -> None:
    lease(journal, ["00000001"], now)
    with pytest.raises(OutOfCodes), journal.transaction() as tx:  # noqa: PT012 - the whole block is undone
        for storage in ("a", "another"):
            codes.take(tx, storage)
    with journal.transaction() as tx:
        assert codes.take(tx, "b") == "00000001"


def test_a_lease_answered_twice_is_stocked_once(journal: Journal, now: datetime) -> None:
    request = uuid4()
    with journal.transaction() as tx:
        codes.ask(tx, request, 2)
        assert codes.pending(tx) == (request, 2)
        assert codes.stock(tx, request, ["00000001", "00000002"], now) == 2
        assert codes.stock(tx, request, ["00000001", "00000002"], now) == 0
        assert codes.pending(tx) is None
        assert codes.free(tx) == 2


def test_a_device_is_found_by_its_storage_and_goes_on(journal: Journal, storage: StorageIdentity, now: datetime) -> None:
    device = KnownDevice(storage, "8YZABCDE", DeviceKind.LAPTOP, Stage.RECEIVED)
    with journal.transaction() as tx:
        assert devices.find(tx, storage.key) is None
        devices.remember(tx, device, now)
        assert devices.find(tx, storage.key) == device
        devices.reach(tx, storage.key, Stage.SCANNED)
        found = devices.find(tx, storage.key)
        assert found is not None
        assert found.stage is Stage.SCANNED


def test_scans_are_answered_once_and_in_order(journal: Journal, now: datetime) -> None:
    first = NewScan("A1", "8YZABCDE", VisualResult.DAMAGED, ("hinge",), 1200, "an")
    with journal.transaction() as tx:
        number = scans.post(tx, first, now)
        scans.post(tx, NewScan("A1", "later"), now)
        assert scans.waiting(tx, "A2") is None
        assert scans.waiting(tx, "A1") == (number, first)
        scans.settle(tx, number, Answer(accepted=True, text="ok"))
        scans.settle(tx, number, Answer(accepted=False, text="no"))
        assert scans.answer_of(tx, number) == Answer(accepted=True, text="ok")
        assert scans.settle_all(tx, Answer(accepted=False, text="old")) == 1
        assert scans.waiting(tx, "A1") is None


def test_ports_show_their_last_snapshot(journal: Journal, now: datetime) -> None:
    with journal.transaction() as tx:
        ports.show(tx, "A1", {"phase": "empty"}, now)
        ports.show(tx, "A1", {"phase": "wiping"}, now)
        assert ports.shown(tx) == {"A1": {"phase": "wiping"}}
        ports.clear(tx)
        assert ports.shown(tx) == {}


def test_a_profile_with_the_trouble_it_has(journal: Journal, now: datetime) -> None:
    told = BenchProfile(
        bench_id=uuid4(),
        key_id="0" * 16,
        organisation_id=uuid4(),
        organisation_name="Kringloop",
        site_name="Atelier",
        label_base_url="https://fleet.example.org",
        service_public_key="A" * 43 + "=",
        batch_id=None,
        batch_reference=None,
        operators=("an",),
        service_time=now,
    )
    with journal.transaction() as tx:
        with pytest.raises(profile.NotEnrolled, match="bench-agent enrol"):
            profile.get(tx)
        profile.store(tx, told, "https://fleet.example.org")
        profile.note_skew(tx, 12.5)
        profile.note_trouble(tx, "revoked")
        seen = profile.get(tx)
        assert (seen.profile, seen.skew_s, seen.trouble) == (told, 12.5, "revoked")
        profile.note_trouble(tx, None)
        assert profile.get(tx).trouble is None


def test_sequence_numbers_have_no_gap_after_an_undone_transaction(journal: Journal) -> None:
    bench = uuid4()
    numbers: list[int] = []
    for fails in (False, True, True, False):
        with suppress(OutOfCodes), journal.transaction() as tx:
            number = outbox.next_sequence(tx, bench)
            if fails:
                codes.take(tx, "no code is left, so this raises")
            numbers.append(number)
    assert numbers == [1, 2]
    with journal.transaction() as tx:
        assert outbox.next_sequence(tx, uuid4()) == 1
