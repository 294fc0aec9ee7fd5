import pytest

from fleet.accounts.passkeys_rules import MAX_NAME, PasskeyNameMissing, RelyingParty, goes_back, name_of, relying_party


@pytest.mark.parametrize(
    ("url", "party"),
    [
        ("https://herstart.example", RelyingParty("herstart.example", "https://herstart.example")),
        ("https://Herstart.Example:443", RelyingParty("herstart.example", "https://herstart.example")),
        ("https://herstart.example:8443/base", RelyingParty("herstart.example", "https://herstart.example:8443")),
        ("http://localhost:8000", RelyingParty("localhost", "http://localhost:8000")),
        ("http://bench.localhost", RelyingParty("bench.localhost", "http://bench.localhost")),
        ("http://herstart.example", None),
        ("http://127.0.0.1:8000", None),
        ("https://192.0.2.7", None),
        ("https://[::1]:8000", None),
        ("http://notlocalhost", None),
    ],
)
def test_where_browsers_allow_passkeys(url: str, party: RelyingParty | None) -> None:
    assert relying_party(url) == party


@pytest.mark.parametrize(
    ("stored", "reported", "back"), [(0, 0, False), (0, 1, False), (4, 5, False), (4, 4, True), (4, 3, True), (4, 0, True)]
)
def test_a_counter_that_does_not_grow_shows_a_copy(stored: int, reported: int, *, back: bool) -> None:
    assert goes_back(stored, reported) is back


def test_a_name_is_tidied() -> None:
    assert name_of("  My \n phone ") == "My phone"
    assert len(name_of("x" * 200)) == MAX_NAME
    with pytest.raises(PasskeyNameMissing):
        name_of(" \t")
