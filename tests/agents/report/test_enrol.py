"""Enrolment makes the key, keeps it, and changes nothing until the service agrees."""

import stat
from pathlib import Path

import pytest
from fastapi import Request, Response

from agents.journal import outbox, profile
from agents.journal.db import Journal
from agents.report import keys
from agents.report.client import ServiceClient
from agents.report.enrol import AlreadyEnrolled, UnsentEvents, enrol, signing_key
from agents.report.errors import EnrolmentRefused, Overloaded
from agents.report.outbox import Outbox
from fleet.contract.events import LabelPrinted
from fleet.contract.signing import key_id
from tests.sim.bench_service import CODE, BenchService

pytestmark = pytest.mark.process


def folder(journal: Journal) -> Path:
    return journal.path.parent


def test_the_key_is_private_and_the_profile_kept(journal: Journal, service: BenchService) -> None:
    with ServiceClient(service.url) as client:
        told = enrol(journal, folder(journal), client, code=CODE, station="Bench 1")
    assert stat.S_IMODE((folder(journal) / keys.FILE_NAME).stat().st_mode) == 0o600
    assert key_id(signing_key(journal, folder(journal)).public_key()) == told.key_id
    with journal.transaction() as tx:
        assert profile.get(tx).profile == told
        assert profile.get(tx).server == service.url


def test_a_wrong_code_changes_nothing(journal: Journal, service: BenchService) -> None:
    with ServiceClient(service.url) as client, pytest.raises(EnrolmentRefused, match="new one") as caught:
        enrol(journal, folder(journal), client, code="WRONG-CODE", station="Bench 1")
    assert caught.value.exit_code == 3
    with pytest.raises(profile.NotEnrolled):
        signing_key(journal, folder(journal))


def test_a_lost_answer_is_asked_again_with_the_same_key(journal: Journal, service: BenchService) -> None:
    seen: list[bytes] = []

    def lose(_request: Request) -> Response:
        seen.append((folder(journal) / keys.PENDING_NAME).read_bytes())
        return Response(status_code=502)

    service.interference.append(lose)
    with ServiceClient(service.url) as client:
        with pytest.raises(Overloaded):
            enrol(journal, folder(journal), client, code=CODE, station="Bench 1")
        service.interference.clear()
        enrol(journal, folder(journal), client, code=CODE, station="Bench 1")
    assert (folder(journal) / keys.FILE_NAME).read_bytes() == seen[0]


def test_enrolled_twice_only_when_asked(journal: Journal, service: BenchService, client: ServiceClient) -> None:
    before = (folder(journal) / keys.FILE_NAME).read_bytes()
    with pytest.raises(AlreadyEnrolled, match="--replace"):
        enrol(journal, folder(journal), client, code=CODE, station="Bench 1")
    service.books.codes.add("SECOND-CODE")
    enrol(journal, folder(journal), client, code="SECOND-CODE", station="Bench 1", replace=True)
    aside = list(folder(journal).glob("bench-*.key"))
    assert [path.read_bytes() for path in aside] == [before]
    assert (folder(journal) / keys.FILE_NAME).read_bytes() != before


def test_a_new_enrolment_never_strands_events(journal: Journal, service: BenchService, client: ServiceClient) -> None:
    box = Outbox(signing_key(journal, folder(journal)))
    with journal.transaction() as tx:
        box.append(tx, LabelPrinted(asset_code="8YZABCD7", payload="x", sha256="0"), operator=None)
    service.books.codes.add("SECOND-CODE")
    with pytest.raises(UnsentEvents, match="1 event"):
        enrol(journal, folder(journal), client, code="SECOND-CODE", station="Bench 1", replace=True)
    with journal.transaction() as tx:
        assert outbox.count(tx) == (1, 0)


def test_killed_between_profile_and_key_the_key_is_adopted_later(journal: Journal, service: BenchService) -> None:
    with ServiceClient(service.url) as client:
        told = enrol(journal, folder(journal), client, code=CODE, station="Bench 1")
    (folder(journal) / keys.FILE_NAME).rename(folder(journal) / keys.PENDING_NAME)
    assert key_id(signing_key(journal, folder(journal)).public_key()) == told.key_id
    assert (folder(journal) / keys.FILE_NAME).exists()


def test_a_key_that_others_can_read_is_not_used(journal: Journal, client: ServiceClient) -> None:
    assert client
    (folder(journal) / keys.FILE_NAME).chmod(0o644)
    with pytest.raises(keys.KeyExposed, match="chmod 600"):
        signing_key(journal, folder(journal))


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_damaged_key_says_so(journal: Journal, client: ServiceClient, content: bytes) -> None:
    assert client
    (folder(journal) / keys.FILE_NAME).write_bytes(content)
    with pytest.raises(keys.KeyUnreadable, match="backup"):
        signing_key(journal, folder(journal))


def test_a_lost_key_says_so(journal: Journal, client: ServiceClient) -> None:
    assert client
    (folder(journal) / keys.FILE_NAME).unlink()
    with pytest.raises(keys.KeyUnreadable, match="missing"):
        signing_key(journal, folder(journal))
