"""What stands on a badge."""

import re

from fleet.contract.badge import ALPHABET, badge_code, badge_hash, new_badge_code

US_TO_AZERTY = str.maketrans("qwazQWAZmM;:1234567890", "azqwAZQW,?mM&é\"'(§è!çà")


def test_a_code_is_128_random_bits_in_35_letters():
    codes = {new_badge_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(r"HPB[CBDEFGHIJKLNRTUV]{32}", code) for code in codes)
    assert set("".join(code[3:] for code in codes)) == set(ALPHABET)


def test_a_scanner_of_another_layout_types_the_same():
    code = new_badge_code()
    assert code.translate(US_TO_AZERTY) == code
    assert badge_code(f" {code.lower().translate(US_TO_AZERTY)}\t") == code


def test_what_is_no_badge():
    code = new_badge_code()
    for text in ("", "8YZABCDE", code[:-1], code + "C", "HPC" + code[3:], code[:-1] + "A", "https://example.org/A/8YZABCDE"):
        assert badge_code(text) is None


def test_the_hash_is_plain_sha256():
    assert badge_hash("HPB" + "C" * 32).hex() == "0690751c2bf153f4ea94b7db286f4f59c4f19a9b7734a773886368de6755388e"
