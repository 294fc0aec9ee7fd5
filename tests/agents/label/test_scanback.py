import pytest

from agents.label.scanback import ConfirmedScan, LabelMisread, NotALabel, ScanRefused, WrongLabel, confirm_scan
from labels import codes

MINE, OTHER = [code for number in range(7_000, 7_100) if (code := codes.from_number(number))][:2]
MISREAD = MINE[:-1] + ("2" if MINE[-1] != "2" else "3")
HOST = "https://fleet.example.org"


@pytest.mark.parametrize("text", [f"HTTPS://FLEET.EXAMPLE.ORG/A/{MINE}\r", MINE, codes.show(MINE).lower()])
def test_the_right_label_is_confirmed_and_the_scan_kept_as_it_was(text: str) -> None:
    assert confirm_scan(MINE, text, base_url=HOST) == ConfirmedScan(MINE, text)


@pytest.mark.parametrize(
    ("text", "refusal", "said"),
    [
        (f"{HOST}/A/{OTHER}", WrongLabel, codes.show(OTHER)),
        (codes.show(OTHER), WrongLabel, "swapped"),
        (f"https://elsewhere.org/A/{MINE}", WrongLabel, "elsewhere.org"),
        (codes.show(MISREAD), LabelMisread, codes.show(MISREAD)),
        ("490154203237518", NotALabel, "490154203237518"),
        ("5CG1234XYZ", NotALabel, "5CG1234XYZ"),
        ("https://maker.example/?sn=1", NotALabel, "maker.example"),
        ("", NotALabel, "Nothing"),
    ],
)
def test_anything_else_is_refused_with_what_was_scanned_and_what_was_expected(
    text: str, refusal: type[ScanRefused], said: str
) -> None:
    with pytest.raises(refusal) as caught:
        confirm_scan(MINE, text, base_url=HOST)
    assert said in str(caught.value)
    assert caught.value.expected == MINE
    assert caught.value.scanned == text
    assert caught.value.exit_code == 3
    if "elsewhere" not in text:
        assert codes.show(MINE) in str(caught.value)


def test_without_a_service_any_host_will_do() -> None:
    assert confirm_scan(MINE, f"http://other.example/a/{MINE.lower()}").asset_code == MINE
