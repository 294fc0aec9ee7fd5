import re

from fleet.accounts import tokens


def test_codes_look_as_people_read_them() -> None:
    codes = {tokens.new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}", code) for code in codes)


def test_a_code_may_be_typed_carelessly() -> None:
    written = tokens.code_hash("K7QM-4T2X-901H")
    assert tokens.code_hash(" k7qm 4t2x 9oiH\n") == written
    assert tokens.code_hash("K7QM4T2X901H") == written
    assert tokens.code_hash("K7QM-4T2X-901J") != written


def test_tokens_are_kept_as_hashes() -> None:
    token = tokens.new_token()
    assert len(token) >= 43
    assert len(tokens.token_hash(token)) == 32
    assert token.encode() not in tokens.token_hash(token)


def test_the_form_token_belongs_to_one_session() -> None:
    assert tokens.csrf_token("a") == tokens.csrf_token("a") != tokens.csrf_token("b")
    assert "secret-token" not in tokens.csrf_token("secret-token")
