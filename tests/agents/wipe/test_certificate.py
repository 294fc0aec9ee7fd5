from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agents.wipe.certificate import CertificateRefused, Circumstances, certify
from agents.wipe.plan import plan
from agents.wipe.result import Span, WipeResult
from agents.wipe.runner import run
from fleet.contract.certificate_file import verify_file
from fleet.contract.kinds import IoMode, Level, Verdict
from fleet.contract.signing import SignatureError, key_id
from tests.sim.drives import Drive, Memory

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WHERE = Circumstances("8YZABCDE", "De Kringwinkel", "an", "bench worker", "Bench 1, port A1", source="2026-014")


@pytest.fixture
def result(drive: Drive) -> WipeResult:
    return run(plan(drive.identity), drive.clear(), hooks=Memory())


def test_it_says_what_was_done_and_its_file_verifies(drive: Drive, result: WipeResult) -> None:
    signed = certify(result, drive.identity, WHERE, KEY)
    read = verify_file(signed.file, KEY.public_key())
    assert read == signed.certificate
    assert read.storage == drive.identity.storage
    assert (read.sanitization.level, read.sanitization.bytes_written) == (Level.CLEAR, drive.file.stat().st_size)
    assert (read.verification.coverage_ppm, read.verification.mismatched_bytes) == (1_000_000, 0)
    assert read.sanitization.io_mode is IoMode.BUFFERED
    assert (read.sanitization.act.person, read.sanitization.act.place, read.source) == ("an", "Bench 1, port A1", "2026-014")
    assert read.agent_key_id == key_id(KEY.public_key()) == signed.document.key_id


def test_a_changed_byte_breaks_it(drive: Drive, result: WipeResult) -> None:
    file = certify(result, drive.identity, WHERE, KEY).file
    with pytest.raises(SignatureError):
        verify_file(file.replace(b"De Kringwinkel", b"Een ander huis"))


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.UNKNOWN, None])
def test_only_an_erased_medium_gets_one(drive: Drive, result: WipeResult, verdict: Verdict | None) -> None:
    with pytest.raises(CertificateRefused, match="the verdict is"):
        certify(replace(result, verdict=verdict), drive.identity, WHERE, KEY)


@pytest.mark.parametrize(
    "change",
    [
        {"bytes_written": 512},
        {"bytes_verified": 512},
        {"mismatched_bytes": 1},
        {"verified": None},
        {"verified": Span(datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=1))},
    ],
)
def test_an_unproven_one_is_never_signed(drive: Drive, result: WipeResult, change: dict[str, object]) -> None:
    with pytest.raises(CertificateRefused):
        certify(replace(result, **change), drive.identity, WHERE, KEY)
