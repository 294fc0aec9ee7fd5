"""The printed certificate: one page, in each language, with everything that an auditor looks for."""

import io
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pypdfium2 as pdfium
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fleet.contract.certificate import Act, Certificate, Sanitization, Tool, Verification
from fleet.contract.kinds import DeviceKind, HiddenAreas, IoMode, Level, MediaType, Method, VerificationMethod
from fleet.contract.signing import key_id, public_text, sign
from fleet.contract.storage import StorageIdentity
from fleet.ui import i18n
from fleet.ui.i18n import Language
from fleet.web.site import LOCALE_DIR
from fleet.wipes.models import WipeCertificate
from fleet.wipes.render import certificate_pdf

SIZE = 500_107_862_016
START = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def row() -> WipeCertificate:
    key = Ed25519PrivateKey.generate()
    wiping = Act(
        person="an.peeters", role="workshop", place="Werkbank 1, A1", started_at=START, finished_at=START + timedelta(hours=2)
    )
    checking = wiping.model_copy(update={"started_at": START + timedelta(hours=2), "finished_at": START + timedelta(hours=3)})
    certificate = Certificate(
        id=UUID("6f1c9f0e-6a43-4d5e-9d0c-0f5b8f3c2a11"),
        asset_code="VC2R1YD6",
        device_kind=DeviceKind.LAPTOP,
        source="D-2026-0007",
        organisation="Kringwinkel Żuidrand & Œuvres",
        storage=StorageIdentity(
            media=MediaType.SATA_SSD,
            manufacturer="Samsung",
            model="SSD 860 EVO 500GB with a name that goes on and on and on",
            serial="S3Z2NB0K123456X",
            wwn="5002538e40a1b2c3",
            firmware="RVT04B6Q",
            capacity_bytes=SIZE,
        ),
        sanitization=Sanitization(
            act=wiping,
            level=Level.CLEAR,
            method=Method.OVERWRITE_RANDOM,
            technique="one pass of AES-256-CTR over every addressable block",
            commands=(),
            bytes_written=SIZE,
            io_mode=IoMode.DIRECT,
            hidden_areas=HiddenAreas.NONE,
        ),
        verification=Verification(
            act=checking,
            method=VerificationMethod.FULL_READ_BACK,
            expected="the same AES-256-CTR stream",
            bytes_read=SIZE,
            coverage_ppm=1_000_000,
            mismatched_bytes=0,
            io_mode=IoMode.DIRECT,
        ),
        tool=Tool(name="bench-agent", version="0.1.0", kernel="6.1.0-31-amd64"),
        agent_key_id=key_id(key.public_key()),
    )
    document = sign(certificate, key)
    return WipeCertificate(
        id=certificate.id,
        organisation_id=UUID(int=1),
        device_id=UUID(int=2),
        storage_key=certificate.storage.key,
        level=Level.CLEAR,
        method=Method.OVERWRITE_RANDOM,
        payload=document.payload,
        signature=document.signature,
        key_id=document.key_id,
        public_key=public_text(key.public_key()),
        accepted_at=START,
    )


def printed(row: WipeCertificate, language: Language) -> bytes:
    catalogue = i18n.load(LOCALE_DIR)[language]
    return certificate_pdf(row, "https://fleet.example.org", language, catalogue.gettext)


@pytest.mark.parametrize("language", Language)
def test_one_page_says_everything(row: WipeCertificate, language: Language) -> None:
    document = pdfium.PdfDocument(printed(row, language))
    assert len(document) == 1
    text = document[0].get_textpage().get_text_range()
    for expected in [
        "VC2R-1YD6",
        "S3Z2NB0K123456X",
        "D-2026-0007",
        "NIST SP 800-88 Rev. 2",
        "an.peeters",
        row.key_id,
        str(row.id),
    ]:
        assert expected in text
    assert ("500.107.862.016" if language is not Language.FR else "862") in text or "500,107,862,016" in text


def test_it_is_written_in_the_readers_language(row: WipeCertificate) -> None:
    dutch = pdfium.PdfDocument(printed(row, Language.NL))[0].get_textpage().get_text_range()
    assert "Alles is gewist" in dutch
    assert "Wisattest" in dutch


def test_the_symbol_leads_to_the_device(row: WipeCertificate) -> None:
    image = pdfium.PdfDocument(printed(row, Language.EN))[0].render(scale=3).to_pil()
    assert [code.text for code in zxingcpp.read_barcodes(image)] == ["HTTPS://FLEET.EXAMPLE.ORG/A/VC2R1YD6"]


def test_equal_certificates_are_equal_files(row: WipeCertificate) -> None:
    assert printed(row, Language.FR) == printed(row, Language.FR)
    assert io.BytesIO(printed(row, Language.FR)).read(5) == b"%PDF-"
