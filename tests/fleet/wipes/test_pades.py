"""PAdES: only with a certificate that leads to a trusted authority, validated by pyHanko as a reader would."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from fleet.ui.i18n import Language
from fleet.wipes import pades
from fleet.wipes.pades import SigningCertificateRefused
from fleet.wipes.render import certificate_pdf
from tests.fleet.wipes.samples import overwritten, source

NOW = datetime.now(UTC)
OWNER = UUID(int=7)
PASSWORD = "open sesame"
Key = ec.EllipticCurvePrivateKey
PAIR = tuple[Key, x509.Certificate]


def issue(name: str, issuer: PAIR | None, *, ca: bool = False, days: int = 365, signs: bool = True) -> PAIR:
    """A certificate; it signs itself without an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=signs and not ca,
        content_commitment=signs and not ca,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[0].public_key())
        builder = builder.add_extension(above, critical=False)
    return key, builder.sign(issuer[0] if issuer else key, hashes.SHA256())


ROOT = issue("Test Root", None, ca=True)
BETWEEN = issue("Test Issuing", ROOT, ca=True)
LEAF = issue("Kringwinkel", BETWEEN)
AUTHORITY = ROOT[1].public_bytes(Encoding.PEM)


def packed(pair: PAIR, *extra: x509.Certificate) -> bytes:
    return pkcs12.serialize_key_and_certificates(b"x", pair[0], pair[1], list(extra), BestAvailableEncryption(PASSWORD.encode()))


def load(pair: PAIR = LEAF, *extra: x509.Certificate, authorities: bytes = AUTHORITY) -> pades.Identity:
    return pades.load_pkcs12(packed(pair, *(extra or (BETWEEN[1],))), PASSWORD, authorities, NOW)


@pytest.fixture(scope="module")
def plain() -> bytes:
    return certificate_pdf(source(overwritten()), "https://fleet.example.org", Language.EN, str)


def judged(pdf: bytes) -> tuple[bool, bool, bool]:
    """Whether the signature is whole, and trusted by a reader who trusts the root; and whether it covers the whole file."""
    [signature] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    trusted = ValidationContext(trust_roots=list(load_certs_from_pemder_data(AUTHORITY)), allow_fetching=False)
    status = validate_pdf_signature(signature, trusted)
    return status.intact and status.valid, bool(status.trusted), status.coverage.name == "ENTIRE_FILE"


def test_a_signed_pdf_is_trusted_whole_and_keeps_its_own_bytes(plain: bytes) -> None:
    signed = pades.sign(plain, load())
    assert signed.startswith(plain)
    assert judged(signed) == (True, True, True)
    assert PdfFileReader(io.BytesIO(signed)).embedded_signatures[0].sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_a_signed_pdf_that_was_changed_fails(plain: bytes) -> None:
    signed = bytearray(pades.sign(plain, load()))
    signed[len(plain) // 2] ^= 1
    assert judged(bytes(signed))[0] is False


@pytest.mark.parametrize(
    ("identity", "why"),
    [
        (lambda: load(issue("Self", None), authorities=b""), "signed itself"),
        (lambda: load(LEAF, BETWEEN[1], authorities=b""), "not among those supplied"),
        (lambda: load(LEAF, ROOT[1], authorities=AUTHORITY), "not among those supplied"),
        (lambda: load(issue("Stranger", issue("Test Issuing", None, ca=True))), "not among those supplied"),
        (lambda: load(issue("Late", BETWEEN, days=-1)), "is valid from"),
        (lambda: load(issue("Mail", BETWEEN, signs=False)), "key usage"),
        (lambda: load(issue("Leaf", LEAF), LEAF[1], BETWEEN[1]), "not among those supplied"),
        (lambda: pades.load_pkcs12(packed(LEAF), "wrong", AUTHORITY, NOW), "password is wrong"),
        (lambda: pades.load_pkcs12(b"no pkcs12", "", AUTHORITY, NOW), "password is wrong"),
        (lambda: load(authorities=b"no certificates"), "no PEM certificates"),
    ],
)
def test_what_readers_would_warn_of_is_refused_with_words(identity, why: str) -> None:
    with pytest.raises(SigningCertificateRefused, match=why):
        identity()


def test_a_certificate_that_signed_itself_is_taken_where_it_is_trusted_by_name(plain: bytes) -> None:
    own = issue("Own", None)
    identity = pades.load_pkcs12(packed(own), PASSWORD, own[1].public_bytes(Encoding.PEM), NOW)
    assert pades.sign(plain, identity).startswith(plain)


def test_what_is_kept_is_for_the_service_alone_and_signs(plain: bytes, tmp_path: Path) -> None:
    place = pades.keep(load(), tmp_path / "signing", OWNER)
    assert place.stat().st_mode & 0o777 == 0o600
    assert place.parent.stat().st_mode & 0o077 == 0
    assert judged(pades.sign_where_asked(plain, tmp_path / "signing", OWNER)) == (True, True, True)
    assert list(place.parent.iterdir()) == [place]


def test_without_a_certificate_the_pdf_is_plain(plain: bytes, tmp_path: Path) -> None:
    assert pades.sign_where_asked(plain, tmp_path, OWNER) == plain


def test_a_key_that_others_can_read_is_not_used(plain: bytes, tmp_path: Path) -> None:
    pades.keep(load(), tmp_path, OWNER).chmod(0o644)
    assert pades.sign_where_asked(plain, tmp_path, OWNER) == plain


def test_what_has_expired_is_not_used_any_more(tmp_path: Path) -> None:
    pades.keep(load(), tmp_path, OWNER)
    with pytest.raises(SigningCertificateRefused, match="is valid from"):
        pades.load(tmp_path, OWNER, NOW + timedelta(days=400))
