"""What an API token looks like."""

import re
from datetime import timedelta

import pytest

from fleet.accounts.api_tokens_rules import (
    ScopesMissing,
    TokenNameMissing,
    ValidityWrong,
    is_api_token,
    new_api_token,
    token_name,
    token_scopes,
    validity,
)
from fleet.auth.rules import Scope


def test_a_token_is_known_by_its_form():
    tokens = {new_api_token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(re.fullmatch(r"hpt_[0-9A-Za-z]{38}", token) and is_api_token(token) for token in tokens)


def test_one_letter_changed_is_no_token():
    token = new_api_token()
    for place in (4, 20, 41):
        other = "x" if token[place] != "x" else "y"
        assert not is_api_token(token[:place] + other + token[place + 1 :])
    for text in ("", "hpt_", token[:-1], token + "a", token.upper(), token[4:], "hpt_" + "é" * 38):
        assert not is_api_token(text)


def test_the_check_is_crc32_in_base_62():
    # CRC-32 of "hpt_" and 32 zeros is 0x335a2274; its digits in base 62 are 0-9, A-Z, a-z
    value, digits = 0, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    for letter in "0wIxEK":
        value = value * 62 + digits.index(letter)
    assert value == 0x335A2274
    assert is_api_token("hpt_" + "0" * 32 + "0wIxEK")


def test_bounds():
    assert validity(1) == timedelta(days=1)
    assert validity(365) == timedelta(days=365)
    for days in (0, -1, 366):
        with pytest.raises(ValidityWrong):
            validity(days)
    assert token_name("  stock   list ") == "stock list"
    with pytest.raises(TokenNameMissing):
        token_name(" \n")
    assert token_scopes([Scope.DEVICES_WRITE, Scope.DEVICES_READ, Scope.DEVICES_READ]) == [
        Scope.DEVICES_READ,
        Scope.DEVICES_WRITE,
    ]
    with pytest.raises(ScopesMissing):
        token_scopes([])
