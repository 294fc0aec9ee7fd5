import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels import codes
from labels.elsewhere import NumberKind, Reference, System, from_address, scope_parts
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
    assert scan == Scan(ScanKind.FOREIGN, text, reference=from_address(text))
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


@pytest.mark.parametrize(
    ("text", "system", "host", "kind", "value"),
    [
        ("https://assets.example.org/hardware/123", System.SNIPE_IT, "assets.example.org", NumberKind.RECORD, "123"),
        ("HTTPS://Assets.Example.org/HARDWARE/123/", System.SNIPE_IT, "assets.example.org", NumberKind.RECORD, "123"),
        ("https://x.org:8443/snipe/hardware/9/view", System.SNIPE_IT, "x.org:8443", NumberKind.RECORD, "9"),
        ("https://x.org/hardware/bytag?assetTag=0042", System.SNIPE_IT, "x.org", NumberKind.TAG, "0042"),
        ("https://x.org/hardware/bytag/LT%2042", System.SNIPE_IT, "x.org", NumberKind.TAG, "LT 42"),
        ("https://x.org/hardware/byserial/5CG1", System.SNIPE_IT, "x.org", NumberKind.SERIAL, "5CG1"),
        ("https://x.org/ht/0042", System.SNIPE_IT, "x.org", NumberKind.TAG, "0042"),
        ("https://glpi.x.org/front/computer.form.php?id=12", System.GLPI, "glpi.x.org", NumberKind.RECORD, "computer/12"),
        ("https://x.org/glpi/front/Monitor.form.php?id=12&x=1", System.GLPI, "x.org", NumberKind.RECORD, "monitor/12"),
        ("https://app.shelf.nu/qr/clx1a2b3c4d5", System.SHELF, "app.shelf.nu", NumberKind.RECORD, "clx1a2b3c4d5"),
        ("https://eam.sh/abc123xyz", System.SHELF, "eam.sh", NumberKind.RECORD, "abc123xyz"),
        ("https://x.org/stock/item/77/", System.INVENTREE, "x.org", NumberKind.RECORD, "77"),
        ("https://x.org/web/stock/item/77/details", System.INVENTREE, "x.org", NumberKind.RECORD, "77"),
        ('{"stockitem": 77}', System.INVENTREE, "", NumberKind.RECORD, "77"),
        ("INV-SI000077", System.INVENTREE, "", NumberKind.RECORD, "77"),
    ],
)
def test_a_number_of_another_system_is_told_with_its_system(
    text: str, system: System, host: str, kind: NumberKind, value: str
) -> None:
    scan = parse_scan(text)
    assert (scan.kind, scan.reference) == (ScanKind.ELSEWHERE, Reference(system, host, kind, value))
    assert scope_parts(Reference(system, host, kind, value).scope) == (system, host)


@pytest.mark.parametrize(
    "text",
    [
        "https://x.org/hardware/bytag",
        "https://x.org/hardware/models",
        "https://x.org/front/computer.form.php",
        "https://x.org/front/computer.form.php?id=1;drop",
        "https://x.org/qr/short",
        "https://[x.org/hardware/1",
    ],
)
def test_an_address_without_a_number_is_foreign(text: str) -> None:
    assert parse_scan(text).kind is ScanKind.FOREIGN


def test_a_name_in_an_address_is_no_part_of_the_system() -> None:
    reference = parse_scan("https://jan:secret@x.org/hardware/1").reference
    assert reference is not None
    assert reference.host == "x.org"


def azerty(text: str) -> str:
    """What a Belgian computer makes of the keys of a US scanner: each pair is a key, without and with shift."""
    pairs = "AQ ZW QA WZ M? :M /= -) aq zw qa wz m, 1& 2é 3\" 4' 5( 6§ 7è 8! 9ç 0à .;"
    keys = {pair[0]: pair[1] for pair in pairs.split()}
    return "".join(keys.get(char, char) for char in text)


@pytest.mark.parametrize(
    "text", [f"HTTPS://FLEET.EXAMPLE.ORG/A/{CODE}", f"https://fleet.example.org/a/{CODE}", codes.show(CODE), CODE]
)
def test_a_label_garbled_by_a_belgian_keyboard_is_read_by_its_check_character(text: str) -> None:
    scan = parse_scan(azerty(text))
    assert (scan.kind, scan.value) == (ScanKind.ASSET_CODE, CODE)
    assert (
        parse_scan(azerty(text.replace(CODE, WRONG).replace(codes.show(CODE), codes.show(WRONG)))).kind is not ScanKind.ASSET_CODE
    )


def test_a_text_that_no_keyboard_garbled_stays_as_it_is() -> None:
    assert parse_scan("SN(5)'A").value == "SN(5)'A"
