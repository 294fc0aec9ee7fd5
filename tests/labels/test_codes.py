import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36

from labels import codes

numbers = st.integers(0, codes.NUMBERS - 1)
issued = numbers.map(codes.from_number).filter(lambda code: code is not None).map(str)


def test_a_known_code_by_hand() -> None:
    # ISO 7064 MOD 37,36 of ten zeros and a one, worked through on paper: see the recurrence in the standard, clause 7.
    product = 36
    for digit in (0, 0, 0, 0, 0, 0, 1):
        product = ((product + digit) % 36 or 36) * 2 % 37
    check = (1 - product) % 36
    assert codes.check_character("0000001") == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[check]


@given(issued)
def test_an_issued_code_is_valid_and_survives_being_shown_and_typed(code: str) -> None:
    assert codes.is_valid(code)
    assert len(codes.show(code)) == 9
    assert codes.parse(codes.show(code).lower()) == code
    assert codes.parse(" ".join(code)) == code
    assert not set(code) & set("ILOU")


@given(issued, st.integers(0, 7), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_every_single_substitution_is_caught(code: str, place: int, letter: str) -> None:
    wrong = code[:place] + letter + code[place + 1 :]
    assert codes.is_valid(wrong) == (wrong == code)


def test_all_substitutions_of_many_codes_are_caught() -> None:
    rng = random.Random(36)  # noqa: S311 - a test repeats itself
    for code in (codes.random_code(rng) for _ in range(300)):
        for place in range(8):
            for letter in codes.ALPHABET.replace(code[place], ""):
                assert not codes.is_valid(code[:place] + letter + code[place + 1 :])


def test_adjacent_transpositions_are_caught_but_for_the_few_the_standard_misses() -> None:
    rng = random.Random(37)  # noqa: S311 - a test repeats itself
    tried = missed = 0
    for code in (codes.random_code(rng) for _ in range(4000)):
        for place in range(7):
            if code[place] != code[place + 1]:
                swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
                tried += 1
                missed += codes.is_valid(swapped)
    assert tried > 20_000
    assert missed / tried < 0.005


@given(numbers)
def test_a_number_without_a_code_would_have_a_look_alike_as_check_character(number: int) -> None:
    if codes.from_number(number) is None:
        digits = [codes.ALPHABET[number // 32**power % 32] for power in reversed(range(7))]
        assert mod_37_36.calc_check_digit("".join(digits)) in "ILOU"


def test_look_alikes_are_read_in_the_body_only() -> None:
    code = next(c for n in range(10_000) if (c := codes.from_number(n)) and c.endswith("0"))
    assert codes.parse("ooo" + code[3:]) == code
    with pytest.raises(codes.CodeMisreadError):
        codes.parse(code[:-1] + "O")


@pytest.mark.parametrize("text", ["", "8YZA", "8YZABCDEF", "8YZU-BCDE", "8YZA_BCDE", "8YZA BCD\u00c9"])
def test_another_shape_is_no_code(text: str) -> None:
    with pytest.raises(codes.CodeShapeError):
        codes.parse(text)


def test_a_number_out_of_range_is_refused() -> None:
    assert codes.from_number(0) == "0000000" + codes.check_character("0000000")
    for number in (-1, codes.NUMBERS):
        with pytest.raises(ValueError, match="asset codes are made of numbers"):
            codes.from_number(number)


def test_random_codes_are_spread_over_the_whole_range() -> None:
    rng = random.Random(1)  # noqa: S311 - a test repeats itself
    assert {codes.random_code(rng)[0] for _ in range(2000)} == set(codes.ALPHABET)


def test_a_code_that_would_never_be_issued_is_not_valid_though_its_check_is_right() -> None:
    bodies = (f"{number:07d}" for number in range(200))
    unissued = [body + check for body in bodies if (check := codes.check_character(body)) in "ILOU"]
    assert len(unissued) > 5
    for code in unissued:
        assert mod_37_36.is_valid(code)
        assert not codes.is_valid(code)
        with pytest.raises(codes.CodeMisreadError):
            codes.parse(code)
