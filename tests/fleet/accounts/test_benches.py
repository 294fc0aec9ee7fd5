from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from fleet.accounts import benches
from fleet.accounts.models import Bench
from fleet.auth.rules import SYSTEM, Principal, Role, RoleMissing
from fleet.contract.signing import key_id, public_text
from fleet.db.session import unit_of_work
from fleet.organisations.errors import SiteNotFound
from tests.fleet.conftest import Workshop

pytestmark = pytest.mark.db


def new_key() -> str:
    return public_text(Ed25519PrivateKey.generate().public_key())


@pytest.fixture
def admin(workshop: Workshop) -> Principal:
    return Principal(workshop.organisation_id, SYSTEM, frozenset({Role.ADMIN}), "setup")


@pytest.fixture
def code(workshop: Workshop, admin: Principal) -> str:
    with workshop.unit() as session:
        return benches.issue_enrolment_code(session, admin, workshop.site_id)


def enrol(workshop: Workshop, code: str, key: str | None = None) -> Bench:
    with unit_of_work(workshop.database.engine()) as session:
        bench = benches.enrol(session, code, key or new_key(), "Bank 2", "0.1.0")
        session.expunge(bench)
    return bench


def test_a_bench_enrols_with_its_own_key(workshop: Workshop, code: str) -> None:
    key = Ed25519PrivateKey.generate().public_key()
    bench = enrol(workshop, code.lower().replace("-", " "), public_text(key))
    assert (bench.organisation_id, bench.site_id, bench.key_id) == (workshop.organisation_id, workshop.site_id, key_id(key))


def test_the_code_is_kept_as_a_hash(workshop: Workshop, code: str) -> None:
    with workshop.unit() as session:
        dump = str(session.execute(text("SELECT row_to_json(enrolment_code) FROM enrolment_code")).all())
        chain = str(session.execute(text("SELECT convert_from(body, 'UTF8') FROM audit_event")).all())
    assert code not in dump + chain
    assert code.replace("-", "") not in dump + chain


def test_a_code_works_once(workshop: Workshop, code: str) -> None:
    enrol(workshop, code)
    with pytest.raises(benches.EnrolmentCodeInvalid):
        enrol(workshop, code)


def test_asking_again_with_the_same_key_gives_the_same_bench(workshop: Workshop, code: str) -> None:
    key = new_key()
    first = enrol(workshop, code, key)
    assert enrol(workshop, code, key).id == first.id


def test_a_code_works_once_even_in_parallel(workshop: Workshop, code: str) -> None:
    start = Barrier(6)

    def one(_: int) -> UUID | None:
        start.wait(10)
        try:
            return enrol(workshop, code).id
        except benches.EnrolmentCodeInvalid:
            return None

    with ThreadPoolExecutor(6) as pool:
        won = [bench for bench in pool.map(one, range(6)) if bench is not None]
    assert len(won) == 1
    with workshop.unit() as session:
        assert session.execute(text("SELECT count(*) FROM bench")).scalar_one() == 2


@pytest.mark.parametrize("wrong", ["AAAA-AAAA-AAAA", "", "K7QM"])
def test_a_wrong_code(workshop: Workshop, wrong: str) -> None:
    with pytest.raises(benches.EnrolmentCodeInvalid):
        enrol(workshop, wrong)


def test_a_code_that_is_too_old(workshop: Workshop, code: str) -> None:
    with workshop.unit() as session:
        session.execute(text("UPDATE enrolment_code SET expires_at = now() WHERE used_at IS NULL"))
    with pytest.raises(benches.EnrolmentCodeInvalid):
        enrol(workshop, code)


@pytest.mark.parametrize("key", ["", "AAAA", "not base64!", "A" * 64])
def test_a_key_that_is_none(workshop: Workshop, code: str, key: str) -> None:
    with pytest.raises(benches.PublicKeyInvalid), unit_of_work(workshop.database.engine()) as session:
        benches.enrol(session, code, key, "Bank 2", "0.1.0")


def test_a_key_enrols_once_in_the_whole_service(workshop: Workshop, stranger: Workshop, code: str) -> None:
    with pytest.raises(benches.KeyEnrolled):
        enrol(workshop, code, public_text(stranger.bench_key.public_key()))
    enrol(workshop, code)  # the code was not used up by the try that failed


def test_revoked_is_revoked(workshop: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        first = benches.revoke(session, admin, workshop.bench.id).revoked_at
        assert first is not None
        assert benches.revoke(session, admin, workshop.bench.id).revoked_at == first
        with pytest.raises(benches.BenchIsRevoked):
            benches.assign_batch(session, admin, workshop.bench.id, uuid4())


def test_a_revoked_bench_cannot_use_its_code_again(workshop: Workshop, admin: Principal, code: str) -> None:
    key = new_key()
    bench = enrol(workshop, code, key)
    with workshop.unit() as session:
        benches.revoke(session, admin, bench.id)
    with pytest.raises(benches.EnrolmentCodeInvalid):
        enrol(workshop, code, key)


def test_who_may(workshop: Workshop, stranger: Workshop, admin: Principal) -> None:
    with workshop.unit() as session:
        with pytest.raises(RoleMissing):
            benches.issue_enrolment_code(session, workshop.lead, workshop.site_id)
        with pytest.raises(RoleMissing):
            benches.revoke(session, workshop.lead, workshop.bench.id)
        with pytest.raises(SiteNotFound):
            benches.issue_enrolment_code(session, admin, stranger.site_id)
        with pytest.raises(benches.BenchNotFound):
            benches.revoke(session, admin, stranger.bench.id)
