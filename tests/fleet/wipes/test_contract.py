"""What a certificate must hold to come into being, and a certificate as a file with the service's word."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from fleet.contract.certificate import Certificate, CommandRecord, Verification
from fleet.contract.certificate_file import Attested, CertificateFileError, prove, to_file, verify_file
from fleet.contract.kinds import Adequacy, Completion, VerificationMethod
from fleet.contract.signing import SignatureError, sign
from tests.fleet.wipes.samples import KEY, SERVICE_KEY, SIZE, act, by_firmware, overwritten, sampled, source


def changed(document: Certificate, part: str, **changes: Any) -> Certificate:
    """The same certificate with other fields in one part, through its validation."""
    told = document.model_dump(mode="json")
    told[part] |= {
        name: value.model_dump(mode="json") if hasattr(value, "model_dump") else value for name, value in changes.items()
    }
    return Certificate.model_validate_json(json.dumps(told))


@pytest.mark.parametrize(
    ("document", "part", "changes", "why"),
    [
        (overwritten(), "sanitization", {"bytes_written": SIZE - 1}, "bytes were written"),
        (overwritten(), "verification", {"method": VerificationMethod.SAMPLED}, "every byte back"),
        (overwritten(), "verification", {"bytes_read": SIZE - 1}, "bytes were read back"),
        (overwritten(), "verification", {"coverage_ppm": 999_999}, "bytes were read back"),
        (overwritten(), "verification", {"mismatched_bytes": 1}, "1 bytes differ"),
        (overwritten(), "verification", {"act": act(1, 3)}, "before the sanitization ended"),
        (overwritten(), "sanitization", {"act": act(1, 0)}, "ended before it began"),
        (by_firmware(), "sanitization", {"commands": []}, "no command"),
        (by_firmware(), "sanitization", {"completion": Completion.FLUSHED_WRITES}, "completion was read"),
        (by_firmware(), "sanitization", {"commands": [{"argv": ["nvme"], "exit_code": 1}]}, "a command of the plan failed"),
        (by_firmware(), "verification", {"sampling": None}, "needs its seed"),
        (by_firmware(), "verification", {"sample_seed": None}, "needs its seed"),
        (by_firmware(), "verification", {"coverage_ppm": 99_999}, "were read back"),
        (by_firmware(), "verification", {"bytes_read": SIZE // 11}, "were read back"),
    ],
)
def test_what_is_not_proven_does_not_become_a_certificate(
    document: Certificate, part: str, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        changed(document, part, **changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"samples": 1999}, "were read back"),
        ({"sections": 999, "samples": 2000}, "1000 are asked"),
        ({"canaries_planted": 2001}, "only 2001 canaries"),
        ({"unchanged_samples": 1}, "1 samples are unchanged"),
        ({"canaries_found": 1}, "1 canaries are still there"),
    ],
)
def test_samples_that_prove_too_little_are_refused(changes: dict[str, int], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        changed(by_firmware(), "verification", **told_of(sampled(SIZE, **changes)))


def told_of(verification: Verification) -> dict[str, Any]:
    return verification.model_dump(mode="json")


def test_a_certificate_of_before_the_new_fields_can_still_be_read() -> None:
    told = overwritten().model_dump(mode="json")
    for name in ("reason", "scope", "completion", "interruptions", "highest_temperature_c", "errors"):
        del told["sanitization"][name]
    del told["logs"], told["verification"]["sampling"], told["verification"]["sample_seed"]
    read = Certificate.model_validate_json(json.dumps(told))
    assert read.sanitization.completion is Completion.FLUSHED_WRITES
    assert CommandRecord(argv=("x",), exit_code=0).output is None


def whole_file() -> bytes:
    known = source(overwritten())
    return to_file(known.signed, KEY.public_key(), Attested(known.statement_signed, SERVICE_KEY.public_key()))


def test_a_file_of_the_service_proves_both_certificate_and_validation() -> None:
    proven = prove(whole_file(), KEY.public_key(), SERVICE_KEY.public_key())
    assert proven.certificate == overwritten()
    assert proven.validation is not None
    assert proven.validation.adequacy is Adequacy.ADEQUATE


def test_a_file_of_a_bench_holds_no_validation() -> None:
    known = source(overwritten())
    assert prove(to_file(known.signed, KEY.public_key())).validation is None


@pytest.mark.parametrize("name", ["adequate", "certificate_sha256", "Kringwinkel", "heropstart.validation/1"])
def test_a_file_that_was_changed_anywhere_proves_nothing(name: str) -> None:
    with pytest.raises((SignatureError, CertificateFileError)):
        verify_file(whole_file().replace(name.encode(), b"x" + name.encode()[1:]))


def test_the_validation_of_another_certificate_is_refused() -> None:
    one, other = source(overwritten()), source(by_firmware())
    file = to_file(one.signed, KEY.public_key(), Attested(other.statement_signed, SERVICE_KEY.public_key()))
    with pytest.raises(SignatureError, match="another certificate"):
        prove(file)


def test_only_the_service_that_is_trusted_may_validate() -> None:
    stranger = Ed25519PrivateKey.generate()
    known = source(overwritten())
    file = to_file(known.signed, KEY.public_key(), Attested(sign(known.statement, stranger), stranger.public_key()))
    with pytest.raises(SignatureError, match="you trust key"):
        prove(file, None, SERVICE_KEY.public_key())


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b'{"certificate": []}', b"[" * 100_000, b'{"validation": 1}'])
def test_what_is_no_certificate_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(CertificateFileError):
        prove(data)
