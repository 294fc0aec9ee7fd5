"""The printed certificate: one page and an annex, in each language, with everything that an auditor looks for."""

import io

import pypdfium2 as pdfium
import pytest
import zxingcpp

from fleet.contract.kinds import Adequacy
from fleet.ui import i18n
from fleet.ui.i18n import Language
from fleet.web.site import LOCALE_DIR
from fleet.wipes import annex
from fleet.wipes.drawing import HEIGHT, MARGIN, WIDTH
from fleet.wipes.render import certificate_pdf
from fleet.wipes.sheet import Source
from tests.fleet.wipes.samples import CERTIFICATE_ID, by_firmware, overlong, overwritten, source

PLAIN, FIRMWARE, LONG = source(overwritten()), source(by_firmware()), source(overlong())


def printed(what: Source, language: Language = Language.EN) -> bytes:
    catalogue = i18n.load(LOCALE_DIR)[language]
    return certificate_pdf(what, "https://fleet.example.org", language, catalogue.gettext)


def text_of(pdf: bytes) -> str:
    """Everything that can be read on all pages, white space as single blanks."""
    pages = [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(pdf)]
    return " ".join(" ".join(pages).split())


@pytest.mark.parametrize("language", Language)
def test_an_overwrite_fits_one_page_that_says_everything(language: Language) -> None:
    pdf = printed(PLAIN, language)
    assert len(pdfium.PdfDocument(pdf)) == 1
    text = text_of(pdf)
    for expected in [
        *("VC2R-1YD6", "Samsung", "S3Z2NB0K123456X", "5002538e40a1b2c3", "RVT04B6Q", "sata", "D-2026-0007"),
        *("NIST SP 800-88 Rev. 2", "an.peeters", "Werkbank 1, A1", "47 °C", "bench-agent 0.1.0", "100 %"),
        *(PLAIN.signed.key_id, PLAIN.statement_signed.key_id, str(CERTIFICATE_ID), "https://fleet.example.org"),
    ]:
        assert expected in text
    assert "107" in text


@pytest.mark.parametrize("language", Language)
def test_firmware_shows_its_commands_samples_and_scope_in_the_annex(language: Language) -> None:
    pdf = printed(FIRMWARE, language)
    assert len(pdfium.PdfDocument(pdf)) == 2
    text = text_of(pdf)
    for expected in [
        "nvme sanitize /dev/nvme0 --sanact=2",
        '{"sprog":65535,"sstat":257}',
        "/dev/nvme0n2",
        "5eed" * 16,
        "SANICAP bit 1",
    ]:
        assert expected in text


def test_it_is_written_in_the_readers_language() -> None:
    assert "Alles is gewist" in text_of(printed(PLAIN, Language.NL))
    assert "Certificat d" in text_of(printed(PLAIN, Language.FR))


@pytest.mark.parametrize("language", Language)
def test_nothing_runs_off_the_paper_however_long(language: Language) -> None:
    document = pdfium.PdfDocument(printed(LONG, language))
    assert len(document) > 5
    for page in document:
        read = page.get_textpage()
        for number in range(read.count_rects()):
            left, bottom, right, top = read.get_rect(number)
            assert left >= MARGIN - 1
            assert right <= WIDTH - MARGIN + 1
            assert 0 < bottom < top < HEIGHT


def test_the_annex_leaves_nothing_out() -> None:
    made = annex.pages(annex.sections(LONG.certificate, str))
    text = "".join(line.content for page in made for line in page).replace(" ", "")
    certificate, wipe = LONG.certificate, LONG.certificate.sanitization
    wanted = [*wipe.errors, *wipe.scope, *wipe.commands[0].argv, wipe.commands[0].output or "", wipe.reason or "", wipe.technique]
    wanted += [*certificate.capabilities.values(), *certificate.logs["smart-after"].splitlines()]
    for expected in wanted:
        assert expected.replace(" ", "") in text


def test_a_term_stands_with_its_value_on_the_same_page() -> None:
    made = annex.pages(annex.sections(LONG.certificate, str))
    assert all(page[-1].kind is not annex.Kind.HEADING for page in made)


def test_lines_of_two_blocks_never_meet() -> None:
    page = pdfium.PdfDocument(printed(LONG))[0].get_textpage()
    boxes = [page.get_rect(number) for number in range(page.count_rects())]
    for number, (left, bottom, right, top) in enumerate(boxes):
        for other_left, other_bottom, other_right, other_top in boxes[number + 1 :]:
            beside = right <= other_left + 0.5 or other_right <= left + 0.5
            apart = top <= other_bottom + 1.5 or other_top <= bottom + 1.5
            assert beside or apart


@pytest.mark.parametrize(
    ("adequacy", "said"), [(Adequacy.INADEQUATE, "Not adequate"), (Adequacy.AWAITS_SECOND_PERSON, "Waits for a second person")]
)
def test_what_is_not_enough_is_said_on_top(adequacy: Adequacy, said: str) -> None:
    text = text_of(printed(source(overwritten(), adequacy, ("second_person",))))
    assert said in text
    assert "Somebody else than the operator" in text


def test_the_symbol_leads_to_the_verification_page() -> None:
    image = pdfium.PdfDocument(printed(PLAIN))[0].render(scale=3).to_pil()
    assert [code.text for code in zxingcpp.read_barcodes(image)] == [f"https://fleet.example.org/verify/{CERTIFICATE_ID}"]


def test_equal_certificates_are_equal_files_and_small_ones() -> None:
    assert printed(PLAIN, Language.FR) == printed(PLAIN, Language.FR)
    assert io.BytesIO(printed(PLAIN, Language.FR)).read(5) == b"%PDF-"
    assert len(printed(PLAIN)) < 60_000
