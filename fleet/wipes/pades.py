"""A PDF's own signature (PAdES B-B), where an organisation supplied a trusted signing certificate; a plain PDF otherwise.

An untrusted signature makes readers warn, which is worse than none: so a certificate must lead to an authority, either one that
this system trusts or one whose certificate was supplied along. It is kept with its key as `<organisation id>.pem`, mode 0600.
"""

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key, pkcs12
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko_certvalidator.registry import SimpleCertificateStore

from fleet.errors import N_, Invalid

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey
FIELD: Final = "Heropstart"
_LONGEST_CHAIN: Final = 8
_log = structlog.get_logger(__name__)


class SigningCertificateRefused(Invalid):
    """This certificate cannot sign PDFs that readers trust."""

    msgid = N_("This signing certificate cannot be used: {why}")


@dataclass(frozen=True)
class Identity:
    """A private key with its certificate and the certificates above it, up to the authority."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]


def load_pkcs12(data: bytes, password: str, authorities: bytes, now: datetime) -> Identity:
    """What a PKCS #12 file holds, proven usable. `authorities` are PEM certificates that the organisation says are trusted.

    Raises SigningCertificateRefused.
    """
    try:
        found = pkcs12.load_pkcs12(data, password.encode())
    except ValueError as error:
        raise SigningCertificateRefused(why="the file or its password is wrong") from error
    if not isinstance(found.key, RSAPrivateKey | EllipticCurvePrivateKey) or found.cert is None:
        raise SigningCertificateRefused(why="a PKCS #12 file with an RSA or EC key and its certificate is expected")
    try:
        trusted = x509.load_pem_x509_certificates(authorities) if authorities.strip() else []
    except ValueError as error:
        raise SigningCertificateRefused(why="the file of authorities holds no PEM certificates") from error
    above = [extra.certificate for extra in found.additional_certs]
    identity = Identity(found.key, found.cert.certificate, _chain(found.cert.certificate, [*above, *trusted], trusted))
    _check(identity, now)
    return identity


def _chain(
    certificate: x509.Certificate, known: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """The certificates above this one, the authority last.

    Raises SigningCertificateRefused when none that is trusted is reached.
    """
    chain: list[x509.Certificate] = []
    lowest = certificate
    while lowest.issuer != lowest.subject and len(chain) < _LONGEST_CHAIN:
        issuer = next((one for one in known if _issued(one, lowest)), None)
        if issuer is None:
            break
        chain.append(issuer)
        lowest = issuer
    if lowest is certificate and certificate.issuer == certificate.subject and certificate not in trusted:
        raise SigningCertificateRefused(why="it signed itself, so that readers would warn. Ask one from a trusted authority")
    if not any(one in trusted for one in (certificate, *chain)):
        why = "its authority is not among those supplied as trusted. Give the authority's certificate with --chain"
        raise SigningCertificateRefused(why=why)
    return tuple(chain)


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return constraints.ca


def _check(identity: Identity, now: datetime) -> None:
    """Dates of the whole chain, what the key may be used for, and that key and certificate belong together."""
    for one in (identity.certificate, *identity.chain):
        if not one.not_valid_before_utc <= now <= one.not_valid_after_utc:
            dates = f"{one.not_valid_before_utc:%Y-%m-%d} to {one.not_valid_after_utc:%Y-%m-%d}"
            raise SigningCertificateRefused(why=f"{one.subject.rfc4514_string()} is valid from {dates} only")
    if identity.certificate.public_key() != identity.key.public_key():
        raise SigningCertificateRefused(why="the key does not belong to the certificate")
    try:
        usage = identity.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise SigningCertificateRefused(why="it does not say that it may sign documents (key usage)") from error
    if not (usage.digital_signature or usage.content_commitment):
        raise SigningCertificateRefused(why="its key usage does not allow digital signatures")


def keep(identity: Identity, directory: Path, organisation_id: UUID) -> Path:
    """Store it for an organisation, readable by the service alone; replaces an earlier one in one step."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = path_of(directory, organisation_id)
    fresh = place.with_name(f".{place.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        for one in (identity.certificate, *identity.chain):
            file.write(one.public_bytes(Encoding.PEM))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(place)
    return place


def path_of(directory: Path, organisation_id: UUID) -> Path:
    """Where an organisation's key and certificates are, if it supplied them."""
    return directory / f"{organisation_id}.pem"


def load(directory: Path, organisation_id: UUID, now: datetime) -> Identity | None:
    """What was kept for an organisation; None when it supplied nothing. Raises SigningCertificateRefused."""
    place = path_of(directory, organisation_id)
    if not place.is_file():
        return None
    if place.stat().st_mode & 0o077:
        raise SigningCertificateRefused(why=f"{place} can be read by others: chmod 600 it")
    data = place.read_bytes()
    try:
        key, certificates = load_pem_private_key(data, password=None), x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise SigningCertificateRefused(why=f"{place} is not readable: supply it anew") from error
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise SigningCertificateRefused(why=f"{place} holds neither an RSA nor an EC key")
    identity = Identity(key, certificates[0], tuple(certificates[1:]))
    _check(identity, now)
    return identity


def sign_where_asked(pdf: bytes, directory: Path, organisation_id: UUID) -> bytes:
    """The PDF with the organisation's signature. What cannot be used any more gives a plain PDF, and a line in the log."""
    try:
        identity = load(directory, organisation_id, datetime.now(UTC))
    except SigningCertificateRefused as error:
        _log.warning("PDF not signed", organisation=str(organisation_id), why=str(error))
        return pdf
    return pdf if identity is None else sign(pdf, identity)


def sign(pdf: bytes, identity: Identity) -> bytes:
    """An invisible PAdES signature with the whole chain, added behind the PDF's own bytes, which stay as they were."""
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # its constructor has no annotations
    certificate, *above = load_certs_from_pemder_data(_pem([identity.certificate, *identity.chain]))
    store.register_multiple(above)
    private = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(certificate, load_private_key_from_pemder_data(private, passphrase=None), store)
    about = PdfSignatureMetadata(field_name=FIELD, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
    signed = sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), about, signer)
    return bytes(signed.getbuffer())


def _pem(certificates: Sequence[x509.Certificate]) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)
