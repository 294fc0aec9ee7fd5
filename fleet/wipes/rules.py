"""When a certificate is believed, as a pure decision."""

from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from fleet.contract.canonical import CanonicalError, canonical, parse_object
from fleet.contract.certificate import Certificate
from fleet.contract.signing import SignatureError, SignedDocument, check, key_id
from fleet.contract.storage import StorageIdentity


class Doubt(StrEnum):
    """Why a certificate is not accepted."""

    SIGNATURE = "signature_does_not_hold"
    NOT_CANONICAL = "bytes_are_not_canonical_json"
    INCOMPLETE = "not_a_complete_certificate"
    OTHER_KEY = "names_another_key"
    OTHER_DEVICE = "names_another_device"
    OTHER_STORAGE = "names_another_storage"


@dataclass(frozen=True)
class Judgement:
    """The certificate, or why it is doubted."""

    certificate: Certificate | None
    doubt: Doubt | None = None
    detail: str = ""


def judge(document: SignedDocument, key: Ed25519PublicKey, asset_code: str, storage: StorageIdentity) -> Judgement:
    """Believe a certificate only when its bench signed these bytes, they are complete, and they speak of this device."""
    try:
        payload = check(document, key)
        if canonical(parse_object(payload)) != payload:
            return Judgement(None, Doubt.NOT_CANONICAL)
        certificate = Certificate.model_validate_json(payload)
    except SignatureError as error:
        return Judgement(None, Doubt.SIGNATURE, str(error))
    except CanonicalError as error:
        return Judgement(None, Doubt.NOT_CANONICAL, str(error))
    except ValidationError as error:
        return Judgement(None, Doubt.INCOMPLETE, "; ".join(str(item["msg"]) for item in error.errors())[:500])
    return _about(certificate, key, asset_code, storage)


def _about(certificate: Certificate, key: Ed25519PublicKey, asset_code: str, storage: StorageIdentity) -> Judgement:
    """Whether a complete certificate speaks of what it came for."""
    if certificate.agent_key_id != key_id(key):
        return Judgement(None, Doubt.OTHER_KEY, certificate.agent_key_id)
    if certificate.asset_code != asset_code:
        return Judgement(None, Doubt.OTHER_DEVICE, certificate.asset_code)
    if certificate.storage.key != storage.key:
        return Judgement(None, Doubt.OTHER_STORAGE, certificate.storage.key)
    return Judgement(certificate)
