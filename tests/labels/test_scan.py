import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels import codes
from labels.scan import Scan, ScanKind, parse_scan

CODE = next(c for n in range(30_000_000_000, 30_000_000_100) if (c := codes.from_number(n)))
WRONG = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")


@pytest.mark.parametrize(
    "text",
    [
        f"HTTPS://FLEET.EXAMPLE.ORG/A/{CODE}",
        f"https://fleet.example.org/a/{CODE.lower()}",
        f"http://fleet.example.org/A/{CODE}/",
        f"\x02HtTpS://Fleet.Example.Org/a/{codes.show(CODE)}\r\n",
        f"https://fleet.example.org/A/{CODE}?utm=1#x",
    ],
)
def test_a_label_url_in_any_case_is_its_code(text: str) -> None:
    assert parse_scan(text) == Scan(ScanKind.ASSET_CODE, CODE, host="fleet.example.org")


@pytest.mark.parametrize(
    "text", [codes.show(CODE), f"  {codes.show(CODE).lower()}\t", f"{CODE[:4]} - {CODE[4:]}", f"\ufeff{codes.show(CODE)}"]
)
def test_a_code_with_its_dash_is_a_code_and_nothing_else(text: str) -> None:
    assert parse_scan(text) == Scan(ScanKind.ASSET_CODE, CODE)


def test_a_code_without_its_dash_may_be_a_serial_number_too() -> None:
    assert parse_scan(CODE.lower()) == Scan(ScanKind.ASSET_CODE, CODE, serial=CODE.lower())


def test_a_wrong_check_character_is_a_misreading_not_a_serial_number() -> None:
    for text, host in ((codes.show(WRONG), None), (f"HTTPS://X.ORG:8443/A/{WRONG}", "x.org:8443")):
        scan = parse_scan(text)
        assert scan == Scan(ScanKind.MISREAD, WRONG, host=host)
        assert "misread" in str(scan.advice)
        assert codes.show(WRONG) in str(scan.advice)
    assert parse_scan(WRONG) == Scan(ScanKind.MISREAD, WRONG, serial=WRONG)


@pytest.mark.parametrize("text", ["490154203237518", "49-015420-323751-8", "49 015420 323751 8"])
def test_fifteen_digits_with_a_luhn_check_are_an_imei(text: str) -> None:
    assert parse_scan(text) == Scan(ScanKind.IMEI, "490154203237518", serial=text)


@pytest.mark.parametrize(
    "text",
    [
        "490154203237519",
        "49015420323751",
        "4901542032375186",
        "5CG1234XYZ",
        "S4EVNX0M",
        "PF-0ABCDE",
        "WD-WCC4N7",
        "\u0664901542032375",
    ],
)
def test_the_rest_is_a_serial_number(text: str) -> None:
    scan = parse_scan(text)
    if scan.kind is ScanKind.MISREAD:
        assert scan.serial == text
    else:
        assert scan == Scan(ScanKind.SERIAL, text, serial=text)


def test_control_characters_are_stripped_from_a_serial_number() -> None:
    assert parse_scan("\x1d 5CG\x001234\x7fXYZ \r\n").value == "5CG1234XYZ"


@pytest.mark.parametrize(
    "text",
    [
        "https://support.maker.example/?sn=1",
        "ftp://x.org/A/" + CODE,
        f"https://x.org/B/{CODE}",
        "https://x.org/A/SHORT",
        "https:///A/" + CODE,
    ],
)
def test_another_address_is_said_to_be_foreign(text: str) -> None:
    scan = parse_scan(text)
    assert scan == Scan(ScanKind.FOREIGN, text)
    assert "not an asset label" in str(scan.advice)


@pytest.mark.parametrize("text", ["", " \r\n", "\x00\x02\u200b"])
def test_nothing_is_nothing(text: str) -> None:
    assert parse_scan(text).kind is ScanKind.EMPTY
    assert "again" in str(parse_scan(text).advice)


@given(st.text(max_size=60))
def test_any_text_is_understood_without_an_exception(text: str) -> None:
    scan = parse_scan(text)
    assert all(char.isprintable() or char not in string.whitespace for char in scan.value)
    assert (scan.advice is None) == (scan.kind in {ScanKind.ASSET_CODE, ScanKind.IMEI, ScanKind.SERIAL})
    if scan.kind is ScanKind.ASSET_CODE:
        assert codes.is_valid(scan.value)
