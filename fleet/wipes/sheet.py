"""What stands on a certificate, in the reader's language: used by the printed page, the pages and the command line alike."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fleet.contract.certificate import Act, Certificate
from fleet.contract.kinds import Adequacy, VerificationMethod
from fleet.contract.signing import SignedDocument
from fleet.contract.validation import ValidationStatement
from fleet.errors import N_
from fleet.ui import words
from fleet.web.formats import Formats
from labels.codes import show

Translate = Callable[[str], str]
Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Block:
    """A heading and its terms with values; what is empty is left out."""

    title: str
    rows: Rows


@dataclass(frozen=True)
class Signer:
    """One of the three acts: who answers for it, as which document was signed."""

    title: str
    rows: Rows


@dataclass(frozen=True)
class Sheet:
    """Everything that stands on the first page."""

    title: str
    organisation: str
    code: str
    headline: str
    """The verdict; where that is not enough for the policy, this."""
    beneath: str
    tone: words.Tone
    subtitle: str
    left: Sequence[Block]
    right: Sequence[Block]
    signers: Sequence[Signer]
    foot: Sequence[str]


@dataclass(frozen=True)
class Source:
    """What a sheet is made from: the certificate and the service's word, each with its signed document."""

    certificate: Certificate
    signed: SignedDocument
    statement: ValidationStatement
    statement_signed: SignedDocument


def sheet_of(source: Source, formats: Formats, t: Translate) -> Sheet:
    """What the first page says."""
    certificate, adequacy = source.certificate, words.ADEQUACIES[source.statement.adequacy]
    verdict, enough = words.VERDICTS[certificate.verdict], source.statement.adequacy is Adequacy.ADEQUATE
    return Sheet(
        title=t(N_("Wipe certificate")),
        organisation=certificate.organisation,
        code=show(certificate.asset_code),
        headline=t(verdict.text if enough else adequacy.text),
        beneath="" if enough else t(verdict.text),
        tone=adequacy.tone,
        subtitle=t(words.KINDS[certificate.device_kind].text),
        left=[device_block(certificate, t), storage_block(certificate, formats, t), tool_block(certificate, t)],
        right=[wiping_block(certificate, formats, t), verification_block(certificate, formats, t)],
        signers=[
            act_signer(t(N_("Wiping")), certificate.sanitization.act, certificate.agent_key_id, formats, t),
            act_signer(t(N_("Verification")), certificate.verification.act, certificate.agent_key_id, formats, t),
            validation_signer(source.statement, source.statement_signed, formats, t),
        ],
        foot=_foot(source, t),
    )


def device_block(certificate: Certificate, t: Translate) -> Block:
    """The device that the medium belongs to."""
    rows = [
        (t(N_("Asset code")), show(certificate.asset_code)),
        (t(N_("Kind")), t(words.KINDS[certificate.device_kind].text)),
        (t(N_("Came in with")), certificate.source or ""),
    ]
    return Block(t(N_("Device")), rows)


def storage_block(certificate: Certificate, formats: Formats, t: Translate) -> Block:
    """The medium, by what it says of itself."""
    medium = certificate.storage
    rows = [
        (t(N_("Kind")), t(words.MEDIA[medium.media])),
        (t(N_("Make")), medium.manufacturer or ""),
        (t(N_("Model")), medium.model),
        (t(N_("Serial number")), medium.serial),
        (t(N_("WWN")), medium.wwn or ""),
        (t(N_("Firmware")), medium.firmware or ""),
        (t(N_("Connected by")), medium.transport or ""),
        (t(N_("USB bridge")), medium.bridge or ""),
        (t(N_("Size")), size(medium.capacity_bytes, formats)),
    ]
    return Block(t(N_("Storage")), rows)


def tool_block(certificate: Certificate, t: Translate) -> Block:
    """What ran, and the certificate's number."""
    tool = certificate.tool
    rows = [
        (t(N_("Program")), f"{tool.name} {tool.version}"),
        (t(N_("Kernel")), tool.kernel),
        (t(N_("Certificate")), str(certificate.id)),
    ]
    return Block(t(N_("Tool")), rows)


def wiping_block(certificate: Certificate, formats: Formats, t: Translate) -> Block:
    """The sanitization: level, technique, what it reached and what went wrong on the way."""
    wipe = certificate.sanitization
    hottest = wipe.highest_temperature_c
    rows = [
        (t(N_("Standard")), certificate.standard),
        (t(N_("Level")), t(words.METHODS[wipe.level])),
        (t(N_("Method")), t(words.METHODS[wipe.method])),
        (t(N_("Technique")), wipe.technique),
        (t(N_("Chosen because")), wipe.reason or ""),
        (t(N_("Also reached")), ", ".join(wipe.scope)),
        (t(N_("Written")), size(wipe.bytes_written, formats) if wipe.method.by_host else ""),
        (t(N_("Way of writing")), t(words.METHODS[wipe.io_mode]) if wipe.method.by_host else ""),
        (t(N_("Completion read from")), t(words.METHODS[wipe.completion])),
        (t(N_("Hidden areas")), t(words.METHODS[wipe.hidden_areas])),
        (t(N_("Interruptions")), formats.number(wipe.interruptions) if wipe.interruptions else ""),
        (t(N_("Errors")), formats.number(len(wipe.errors))),
        (t(N_("Highest temperature")), "" if hottest is None else f"{formats.number(hottest)} °C"),
    ]
    return Block(t(N_("Wiping")), rows)


def verification_block(certificate: Certificate, formats: Formats, t: Translate) -> Block:
    """How the result was read back."""
    check = certificate.verification
    rows = [
        (t(N_("Method")), t(words.METHODS[check.method])),
        (t(N_("Expected")), check.expected),
        (t(N_("Read back")), size(check.bytes_read, formats)),
        (t(N_("Coverage")), f"{formats.number(check.coverage_ppm / 10_000)} %"),
        (t(N_("Bytes that differ")), formats.number(check.mismatched_bytes)),
        *_sampling(certificate, formats, t),
    ]
    return Block(t(N_("Verification")), rows)


def _sampling(certificate: Certificate, formats: Formats, t: Translate) -> Rows:
    sampling = certificate.verification.sampling
    if certificate.verification.method is not VerificationMethod.SAMPLED or sampling is None:
        return ()
    samples = t(N_("{samples} in {sections} sections"))
    canaries = t(N_("{planted} planted, {found} found back"))
    return (
        (
            t(N_("Samples")),
            samples.format(samples=formats.number(sampling.samples), sections=formats.number(sampling.sections)),
        ),
        (t(N_("Unchanged samples")), formats.number(sampling.unchanged_samples)),
        (
            t(N_("Canaries")),
            canaries.format(planted=formats.number(sampling.canaries_planted), found=formats.number(sampling.canaries_found)),
        ),
    )


def act_signer(title: str, act: Act, key_id: str, formats: Formats, t: Translate) -> Signer:
    """Who carried out a part, where and when; the bench's key signed for it."""
    rows = [
        (t(N_("Person")), act.person),
        (t(N_("Role")), role(act.role, t)),
        (t(N_("Place")), act.place),
        (t(N_("From")), formats.plain_moment(act.started_at)),
        (t(N_("Until")), formats.plain_moment(act.finished_at)),
        (t(N_("Signature")), t(N_("Ed25519, key {key}")).format(key=key_id)),
    ]
    return Signer(title, rows)


def validation_signer(statement: ValidationStatement, signed: SignedDocument, formats: Formats, t: Translate) -> Signer:
    """Whether it is adequate, who says so, and under which version of the policy."""
    policy = t(N_("Version {version}")).format(version=statement.policy_version)
    rows = [
        (t(N_("Result")), t(words.ADEQUACIES[statement.adequacy].text)),
        (t(N_("Grounds")), " ".join(grounds(statement.grounds, t))),
        (t(N_("Policy")), policy if statement.policy_version else t(N_("Default rule"))),
        (t(N_("Person")), statement.person),
        (t(N_("Role")), role(statement.role, t)),
        (t(N_("Place")), statement.place),
        (t(N_("Date")), formats.plain_moment(statement.decided_at)),
        (t(N_("Signature")), t(N_("Ed25519, key {key}")).format(key=signed.key_id)),
    ]
    return Signer(t(N_("Validation")), rows)


def grounds(values: Sequence[str], t: Translate) -> list[str]:
    """Why it is not adequate, in words."""
    return [t(words.GROUNDS[value]) if value in words.GROUNDS else value for value in values]


def role(value: str, t: Translate) -> str:
    """A role in words; what a bench wrote freely stays as it is."""
    return t(words.ACT_ROLES[value]) if value in words.ACT_ROLES else value


def size(count: int, formats: Formats) -> str:
    """A size as people say it, and to the byte."""
    return f"{formats.size(count)} ({formats.number(count)} B)"


def _foot(source: Source, t: Translate) -> list[str]:
    certificate = source.certificate
    return [
        t(N_("This page renders a certificate that the bench signed with Ed25519. The JSON file is the proof.")),
        t(N_("Check it without this service: fleet verify-certificate certificate-{id}.json")).format(id=certificate.id),
        f"SHA-256 {hashlib.sha256(source.signed.payload).hexdigest()}",
        f"Ed25519 {base64.b64encode(source.signed.signature).decode('ascii')}",
    ]
