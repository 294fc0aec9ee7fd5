"""The chain on a real database: append-only for everybody, whole under concurrency, and every tampering found."""

import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fleet.audit import service as audit
from fleet.audit.rules import EventType, Fault
from fleet.auth.rules import SYSTEM
from fleet.db.engine import Role
from fleet.db.session import unit_of_work

pytestmark = pytest.mark.db
KEY = Ed25519PrivateKey.generate()


def add(workshop, number=1):
    for index in range(number):
        with workshop.unit() as session:
            audit.record(
                session,
                organisation_id=workshop.organisation_id,
                type=EventType.TASK_OPENED,
                actor=SYSTEM,
                data={"index": index},
            )


def verify(workshop):
    with unit_of_work(workshop.database.engine(Role.MAINTENANCE)) as session:
        return audit.verify(session, workshop.organisation_id, KEY.public_key())


def tamper(workshop, statement, **values):
    """What only a superuser who switches the triggers off can do."""
    with workshop.database.engine(Role.ADMIN).begin() as connection:
        connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        connection.execute(text(statement), {"org": workshop.organisation_id, **values})
        connection.execute(text("ALTER TABLE audit_event ENABLE TRIGGER USER"))


def sign(workshop):
    with workshop.unit() as session:
        return audit.sign_head(session, workshop.organisation_id, KEY)


def test_a_chain_that_nobody_touched_is_intact(workshop):
    add(workshop, 3)
    sign(workshop)
    report = verify(workshop)
    assert report.intact
    assert (report.heads_checked, report.events > 3) == (1, True)


@pytest.mark.parametrize("role", [Role.APP, Role.OWNER, Role.MAINTENANCE, Role.ADMIN])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_event SET type = 'x'", "DELETE FROM audit_event", "TRUNCATE audit_event", "DELETE FROM chain_head"],
)
def test_nobody_changes_history(workshop, role, statement):
    add(workshop)
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"), workshop.database.engine(role).begin() as connection:
        connection.execute(text(statement))


def test_history_is_append_only_even_where_row_level_security_hides_it(workshop):
    """Row triggers would not fire here: the owner sees no rows without an organisation."""
    with pytest.raises(DBAPIError, match="append-only"), workshop.database.engine(Role.OWNER).begin() as connection:
        connection.execute(text("DELETE FROM audit_event WHERE false"))


def test_a_changed_body_is_found_and_named(workshop):
    add(workshop, 3)
    at = verify(workshop).events - 1
    tamper(workshop, "UPDATE audit_event SET body = body || ' ' WHERE organisation_id = :org AND seq = :seq", seq=at)
    bad = verify(workshop).first_bad
    assert bad is not None
    assert (bad.seq, bad.fault) == (at, Fault.HASH)


def test_a_changed_column_is_found(workshop):
    add(workshop, 2)
    tamper(workshop, "UPDATE audit_event SET device_id = gen_random_uuid() WHERE organisation_id = :org AND seq = 2")
    bad = verify(workshop).first_bad
    assert bad is not None
    assert (bad.seq, bad.fault) == (2, Fault.COLUMNS)


def test_a_removed_event_is_found(workshop):
    add(workshop, 3)
    tamper(workshop, "DELETE FROM audit_event WHERE organisation_id = :org AND seq = 2")
    bad = verify(workshop).first_bad
    assert bad is not None
    assert (bad.seq, bad.fault) == (2, Fault.GAP)


def test_newest_events_that_were_cut_off_are_found_by_the_signed_head(workshop):
    add(workshop, 3)
    sign(workshop)
    last = verify(workshop).events
    tamper(workshop, "DELETE FROM audit_event WHERE organisation_id = :org AND seq = :seq", seq=last)
    report = verify(workshop)
    assert report.first_bad is None, "what is left holds together"
    assert report.bad_head is not None
    assert (report.bad_head.seq, report.bad_head.fault) == (last, Fault.HEAD_MISSING)
    assert not report.intact


def test_a_chain_that_was_made_anew_differs_from_its_signed_head(workshop):
    add(workshop)
    sign(workshop)
    last = verify(workshop).events
    statement = "UPDATE audit_event SET hash = sha256(body || '1') WHERE organisation_id = :org AND seq = :seq"
    tamper(workshop, statement, seq=last)
    report = verify(workshop)
    assert report.bad_head is not None
    assert report.bad_head.fault is Fault.HEAD_DIFFERS


def test_a_head_signed_by_another_key_does_not_count(workshop):
    add(workshop)
    with workshop.unit() as session:
        audit.sign_head(session, workshop.organisation_id, Ed25519PrivateKey.generate())
    report = verify(workshop)
    assert report.bad_head is not None
    assert report.bad_head.fault is Fault.HEAD_SIGNATURE


def test_a_head_is_signed_once(workshop):
    add(workshop)
    assert sign(workshop) is not None
    assert sign(workshop) is None


def test_many_writers_make_one_chain_without_a_gap(workshop):
    before = verify(workshop).events
    threads = [threading.Thread(target=add, args=(workshop, 15)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = verify(workshop)
    assert report.intact
    assert report.events == before + 60


def test_chains_of_two_organisations_are_apart(workshop, stranger):
    add(workshop)
    add(stranger, 2)
    with unit_of_work(workshop.database.engine(Role.MAINTENANCE)) as session:
        reports = audit.verify_all(session, KEY.public_key())
    assert {report.organisation_id for report in reports} == {workshop.organisation_id, stranger.organisation_id}
    assert all(report.intact for report in reports)
