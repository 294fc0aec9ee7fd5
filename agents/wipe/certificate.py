"""The certificate of an erased medium, built from what happened and signed with the bench's key."""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from agents.errors import Failed
from agents.identify.identity import Identity
from agents.wipe.plan import EXPECTED
from agents.wipe.result import Span, WipeResult
from fleet.contract.certificate import Act, Certificate, Sanitization, Tool, Verification
from fleet.contract.certificate_file import to_file
from fleet.contract.kinds import Verdict
from fleet.contract.signing import SignedDocument, key_id, sign

_PPM: Final = 1_000_000
TOOL_NAME: Final = "heropstart bench-agent"


class CertificateRefused(Failed):
    """No certificate is signed for this medium: it was not erased and verified in full. Wipe it again."""


@dataclass(frozen=True)
class Circumstances:
    """What the bench knows beside the run: for whom, by whom, where."""

    asset_code: str
    organisation: str
    person: str
    role: str
    place: str
    source: str | None = None


@dataclass(frozen=True)
class SignedCertificate:
    """The certificate, its signed canonical bytes, and the file that can be handed over."""

    certificate: Certificate
    document: SignedDocument
    file: bytes


def certify(
    result: WipeResult,
    identity: Identity,
    circumstances: Circumstances,
    key: Ed25519PrivateKey,
    *,
    certificate_id: UUID | None = None,
) -> SignedCertificate:
    """Sign what a run proved. Raises CertificateRefused when it did not prove enough."""
    verified = result.verified
    if result.verdict is not Verdict.ERASED or verified is None:
        raise CertificateRefused(f"the verdict is {result.verdict or 'none'} ({result.reason}). {CertificateRefused.__doc__}")
    try:
        certificate = Certificate(
            id=certificate_id or uuid4(),
            asset_code=circumstances.asset_code,
            device_kind=identity.kind,
            source=circumstances.source,
            organisation=circumstances.organisation,
            storage=result.plan.storage,
            sanitization=_sanitization(result, circumstances),
            verification=_verification(result, verified, circumstances),
            tool=Tool(name=TOOL_NAME, version=version("heropstart"), kernel=platform.release()),
            capabilities=dict(identity.evidence),
            logs=dict(result.logs),
            agent_key_id=key_id(key.public_key()),
        )
    except ValidationError as error:
        raise CertificateRefused(f"{CertificateRefused.__doc__} ({error})") from error
    document = sign(certificate, key)
    return SignedCertificate(certificate, document, to_file(document, key.public_key()))


def _sanitization(result: WipeResult, circumstances: Circumstances) -> Sanitization:
    plan = result.plan
    return Sanitization(
        act=_act(circumstances, result.written),
        level=plan.level,
        method=plan.method,
        technique=plan.technique,
        reason=plan.reason or None,
        scope=plan.scope,
        commands=result.commands,
        completion=plan.completion,
        interruptions=result.interruptions,
        bytes_written=result.bytes_written,
        io_mode=result.io_mode,
        hidden_areas=plan.hidden_areas,
        errors=result.errors,
        highest_temperature_c=result.highest_temperature_c,
    )


def _verification(result: WipeResult, span: Span, circumstances: Circumstances) -> Verification:
    return Verification(
        act=_act(circumstances, span),
        method=result.plan.verification,
        expected=EXPECTED[result.plan.method],
        bytes_read=result.bytes_verified,
        coverage_ppm=result.bytes_verified * _PPM // result.plan.storage.capacity_bytes,
        mismatched_bytes=result.mismatched_bytes,
        io_mode=result.io_mode,
        sample_seed=result.sample_seed,
        sampling=result.sampling,
    )


def _act(circumstances: Circumstances, span: Span) -> Act:
    return Act(
        person=circumstances.person,
        role=circumstances.role,
        place=circumstances.place,
        started_at=span.started_at,
        finished_at=span.finished_at,
    )
