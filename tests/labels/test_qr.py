import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from labels import codes, qr

CODE = "0000001" + codes.check_character("0000001")
HOSTS = st.from_regex(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?\.(be|org|example)", fullmatch=True)


@pytest.mark.parametrize(
    ("length", "version", "correction"),
    # Capacities in alphanumeric mode, ISO/IEC 18004 table 7, and the measured table of the project's field notes.
    [
        (25, 1, "L"),
        (26, 2, "Q"),
        (27, 2, "Q"),
        (29, 2, "Q"),
        (34, 2, "M"),
        (38, 2, "M"),
        (47, 2, "L"),
        (48, 3, "M"),
        (83, 4, "M"),
    ],
)
def test_smallest_version_first_then_the_highest_correction(length: int, version: int, correction: str) -> None:
    symbol = qr.symbol("A" * length)
    assert (symbol.version, symbol.correction) == (version, correction)
    assert symbol.size == 17 + 4 * version


def test_payload_is_upper_case_and_the_scheme_is_a_setting() -> None:
    assert qr.asset_url("https://fleet.example.org", CODE) == f"HTTPS://FLEET.EXAMPLE.ORG/A/{CODE}"
    assert qr.asset_url("http://bench.local:8000/", CODE) == f"HTTP://BENCH.LOCAL:8000/A/{CODE}"
    assert qr.asset_url("https://fleet.example.org", CODE, lower_case_scheme=True) == f"https://FLEET.EXAMPLE.ORG/A/{CODE}"


@pytest.mark.parametrize(
    "base",
    [
        "fleet.example.org",
        "ftp://x.org",
        "https://x.org/fleet",
        "https://",
        "https://x.org?a=1",
        "https://caf\u00e9.be",
        "https://u@x.org",
    ],
)
def test_an_address_that_no_label_can_carry_is_refused(base: str) -> None:
    with pytest.raises(qr.LabelAddressError, match="https://HOST"):
        qr.asset_url(base, CODE)


def test_a_code_that_is_not_one_is_refused() -> None:
    with pytest.raises(ValueError, match="not an asset code"):
        qr.asset_url("https://x.org", "8YZA-BCDE")


def test_too_long_says_what_to_do() -> None:
    with pytest.raises(qr.QrTooLongError, match="shorter host name"):
        qr.symbol("A" * 400)


@given(HOSTS, st.booleans())
def test_a_zxing_reader_reads_every_host_back(host: str, lower: bool) -> None:
    text = qr.asset_url(f"https://{host}", CODE, lower_case_scheme=lower)
    symbol = qr.symbol(text)
    edge = symbol.size + 2 * qr.QUIET_ZONE
    image = Image.new("L", (edge, edge), 255)
    for y, row in enumerate(symbol.modules):
        for x, dark in enumerate(row):
            if dark:
                image.putpixel((x + qr.QUIET_ZONE, y + qr.QUIET_ZONE), 0)
    results = zxingcpp.read_barcodes(image.resize((edge * 3, edge * 3), 0))
    assert [result.text for result in results] == [text]
    assert results[0].ec_level == symbol.correction
