from concurrent.futures import ThreadPoolExecutor
from itertools import chain, repeat
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from fleet.auth.rules import Actor, ActorKind, Principal, Role, RoleMissing
from fleet.tags import service
from labels.codes import is_valid, random_code, show
from tests.fleet.conftest import Workshop

pytestmark = pytest.mark.db


def bench(world: Workshop) -> Principal:
    return Principal(world.organisation_id, Actor(ActorKind.BENCH, world.bench.id), frozenset({Role.BENCH}), "Bank 1")


def lease(world: Workshop, request: UUID, count: int) -> tuple[str, ...]:
    with world.unit() as session:
        return service.lease(session, bench(world), world.bench.id, request, count)


def test_a_block_of_new_codes(workshop: Workshop) -> None:
    codes = lease(workshop, uuid4(), 1000)
    assert len(set(codes)) == 1000
    assert all(is_valid(code) for code in codes)
    assert not set(codes) & set(lease(workshop, uuid4(), 1000))


def test_the_same_request_gives_the_same_block(workshop: Workshop) -> None:
    request = uuid4()
    codes = lease(workshop, request, 20)
    assert lease(workshop, request, 20) == codes
    with workshop.unit() as session:
        assert session.execute(text("SELECT count(*) FROM tag")).scalar_one() == 20
        assert session.execute(text("SELECT count(*) FROM audit_event WHERE type = 'codes.leased'")).scalar_one() == 1


def test_the_same_request_at_once_gives_the_same_block(workshop: Workshop) -> None:
    request = uuid4()
    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(lambda _: lease(workshop, request, 20), range(4)))
    assert len(answers) == 1
    assert len(answers.pop()) == 20


def test_a_request_id_of_another_bench_opens_nothing(workshop: Workshop, stranger: Workshop) -> None:
    request = uuid4()
    assert not set(lease(workshop, request, 10)) & set(lease(stranger, request, 10))


def test_a_code_that_somebody_has_is_drawn_anew(workshop: Workshop, stranger: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = lease(stranger, uuid4(), 3)
    draws = chain(taken, taken, iter(lambda: random_code(service._draw), None))
    monkeypatch.setattr(service, "random_code", lambda _: next(draws))
    codes = lease(workshop, uuid4(), 3)
    assert len(set(codes)) == 3
    assert not set(codes) & set(taken)


def test_used_up_is_said(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    [taken] = lease(workshop, uuid4(), 1)
    draws = repeat(taken)
    monkeypatch.setattr(service, "random_code", lambda _: next(draws))
    with pytest.raises(service.CodesUsedUp):
        lease(workshop, uuid4(), 1)


def test_one_code_by_hand(workshop: Workshop) -> None:
    with workshop.unit() as session:
        code = service.issue_one(session, workshop.worker)
        assert is_valid(code)
        assert service.issued_here(session, code)
        with pytest.raises(RoleMissing):
            service.issue_one(session, workshop.auditor)


def test_a_finder_learns_whom_to_call_and_nothing_else(workshop: Workshop, stranger: Workshop) -> None:
    [code] = lease(workshop, uuid4(), 1)
    with stranger.unit() as session:
        assert service.holder(session, show(code).lower()) == service.Holder("Noord", "")
        assert not service.issued_here(session, code)
        assert service.holder(session, "0000-0000") is None
        assert service.holder(session, "nonsense") is None
