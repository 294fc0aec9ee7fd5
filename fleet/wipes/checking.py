"""What anybody may learn of a certificate: whether it is genuine and enough, and of which medium. No person, no donor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlmodel import Session

from fleet.contract.certificate import Certificate
from fleet.contract.certificate_file import CertificateFileError, prove
from fleet.contract.kinds import Adequacy
from fleet.contract.signing import SignatureError, SignedDocument, key_id, public_from_text
from fleet.contract.storage import StorageIdentity
from fleet.errors import N_
from fleet.ui.words import Tone, Word
from fleet.wipes import repository
from fleet.wipes.repository import Public
from fleet.wipes.rules import judge

_SHOWN: Final = 4
"""How many characters of a serial number a stranger sees: whoever holds the paper or the drive can compare them."""


@dataclass(frozen=True)
class Later:
    """What came after a certificate: a newer one of the same medium, or a wipe that began."""

    newer_id: UUID | None
    wiped_again_at: datetime | None

    def __bool__(self) -> bool:
        return self.newer_id is not None or self.wiped_again_at is not None


@dataclass(frozen=True)
class Checked:
    """A certificate that was looked up or sent in, its signature checked just now.

    `known` is false for a file whose signature holds, but which this service never accepted.
    """

    certificate: Certificate
    key_id: str
    holds: bool
    known: bool
    adequacy: Adequacy | None
    policy_version: int | None
    accepted_at: datetime | None
    later: Later
    key_revoked_at: datetime | None

    @property
    def verdict(self) -> Word:
        """The one sentence on top of the page."""
        if not self.holds:
            return Word(N_("This certificate is not genuine"), "octagon", Tone.BAD)
        if not self.known:
            return Word(N_("The file is whole, but this service does not know it"), "alert", Tone.WARN)
        if self.adequacy is Adequacy.INADEQUATE:
            return Word(N_("Genuine, but the wipe was not enough for the policy"), "octagon", Tone.BAD)
        if self.adequacy is Adequacy.AWAITS_SECOND_PERSON:
            return Word(N_("Genuine, but a second person must still confirm it"), "person", Tone.WARN)
        if self.later:
            return Word(N_("Genuine, but the storage was wiped again since"), "clock", Tone.WARN)
        return Word(N_("This certificate is genuine"), "check-ring", Tone.GOOD)


@dataclass(frozen=True)
class Refused:
    """A file that proves nothing, with the technical reason."""

    why: str


def look_up(session: Session, certificate_id: UUID) -> Checked | None:
    """A certificate by its id, before an organisation is known."""
    found = repository.public(session, certificate_id)
    if found is None:
        return None
    certificate = Certificate.model_validate_json(found.payload)
    document = SignedDocument(payload=found.payload, signature=found.signature, key_id=found.key_id)
    key = public_from_text(found.public_key)
    judged = judge(document, key, certificate.asset_code, certificate.storage)
    genuine = judged.certificate is not None and certificate.id == certificate_id
    return _checked(certificate, found, holds=genuine)


def check_file(session: Session, data: bytes) -> Checked | Refused:
    """A certificate as somebody sent it in: every signature in it, and whether this service accepted exactly these bytes."""
    try:
        proven = prove(data)
    except (CertificateFileError, SignatureError) as error:
        return Refused(str(error)[:300])
    found = repository.public(session, proven.certificate.id)
    if found is not None and found.payload == proven.signed.document.payload and found.key_id == key_id(proven.signed.public):
        return _checked(proven.certificate, found, holds=True)
    return Checked(
        certificate=proven.certificate,
        key_id=key_id(proven.signed.public),
        holds=True,
        known=False,
        adequacy=None,
        policy_version=None,
        accepted_at=None,
        later=Later(None, None),
        key_revoked_at=None,
    )


def _checked(certificate: Certificate, found: Public, *, holds: bool) -> Checked:
    return Checked(
        certificate=certificate,
        key_id=found.key_id,
        holds=holds,
        known=True,
        adequacy=found.adequacy,
        policy_version=found.policy_version,
        accepted_at=found.accepted_at,
        later=Later(found.newer_id, found.wiped_again_at),
        key_revoked_at=found.key_revoked_at,
    )


def partly(storage: StorageIdentity) -> str:
    """The end of a serial number; all of one that is too short to hide anything."""
    serial = storage.serial
    return serial if len(serial) <= _SHOWN else f"…{serial[-_SHOWN:]}"
