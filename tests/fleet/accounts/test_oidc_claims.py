import pytest

from fleet.accounts.oidc_claims import missing, person, rights, values
from fleet.accounts.oidc_settings import Provider, ProvidersFileError, parse
from fleet.accounts.rules import is_login
from fleet.auth.rules import Role

TEXT = """
[providers.idp]
name = "The city"
issuer = "https://id.example"
client_id = "heropstart"
client_secret = "hush"
unknown_people = "create"
[providers.idp.claims]
name = ["given_name", "family_name"]
login = "preferred_username"
organisation = "org"
roles = "groups"
[providers.idp.organisations]
OVO1 = "Noord"
OVO2 = "Zuid"
[providers.idp.roles]
staff = ["lending"]
boss = ["lead", "admin"]
"""


@pytest.fixture
def provider() -> Provider:
    return parse(TEXT)["idp"]


def test_rights_come_from_both_claims(provider: Provider) -> None:
    assert rights(provider, {"org": "OVO1", "groups": ["staff", "boss", "unheard of"]}) == {
        "Noord": {Role.LENDING, Role.LEAD, Role.ADMIN}
    }
    assert list(rights(provider, {"org": ["OVO2", "OVO1"], "groups": "staff"})) == ["Noord", "Zuid"]


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"org": "OVO1"},
        {"groups": "boss"},
        {"org": "Noord", "groups": "boss"},
        {"org": "OVO9", "groups": "boss"},
        {"org": ["OVO1 "], "groups": {"boss": True}},
        {"org": None, "groups": ["boss"]},
        {"org": "OVO1", "groups": ["Boss", "boss,staff"]},
    ],
    ids=str,
)
def test_no_rights_without_an_organisation_that_the_file_names_and_a_role(provider: Provider, claims: dict[str, object]) -> None:
    assert rights(provider, claims) == {}


def test_a_person_is_read(provider: Provider) -> None:
    found = person(provider, {"sub": "7", "given_name": " Els ", "family_name": "De  Smet", "preferred_username": "Els.DeSmet"})
    assert (found.issuer, found.subject, found.name, found.login) == ("https://id.example", "7", "Els De Smet", "els.desmet")


def test_roles_that_name_their_organisation_count_there_only(provider: Provider) -> None:
    names = provider.claims.model_copy(update={"organisation": (), "roles": (), "role_pairs": ("rol_3d",)})
    paired = provider.model_copy(update={"claims": names})
    found = rights(
        paired, {"rol_3d": ["boss:OVO1", "staff:OVO1, OVO2", "boss:OVO9", "boss", "boss:"], "org": "OVO2", "groups": "boss"}
    )
    assert found == {"Noord": {Role.LEAD, Role.ADMIN, Role.LENDING}, "Zuid": {Role.LENDING}}


def test_two_codes_of_one_organisation_add_up(provider: Provider) -> None:
    twice = provider.model_copy(update={"organisations": {"OVO1": "Noord", "0400": "Noord"}})
    pairs = provider.claims.model_copy(update={"role_pairs": ("rol_3d",)})
    found = rights(twice.model_copy(update={"claims": pairs}), {"rol_3d": ["boss:OVO1", "staff:0400"]})
    assert found == {"Noord": {Role.LEAD, Role.ADMIN, Role.LENDING}}


@pytest.mark.parametrize("name", [None, "", "x", "a b", "<script>", "é" * 3, "x" * 65])
def test_a_login_that_cannot_be_one_becomes_one_that_says_nothing(provider: Provider, name: str | None) -> None:
    found = person(provider, {"sub": "7", "preferred_username": name})
    assert is_login(found.login)
    assert found.login.startswith("p-")
    assert found.login != person(provider, {"sub": "8"}).login


def test_claims_of_every_shape_are_read() -> None:
    claims = {"a": ["x", 7, True, None, {"b": 1}, " "], "b": {"c": ["y"]}, "d.e": "z"}
    assert values(claims, ("a", "b.c", "d.e", "none.at.all", "a.b")) == ["x", "7", "y", "z"]


def test_userinfo_is_asked_only_for_what_is_missing(provider: Provider) -> None:
    whole = {"given_name": "E", "family_name": "S", "preferred_username": "e", "org": [], "groups": []}
    assert not missing(provider, whole)
    assert missing(provider, {name: value for name, value in whole.items() if name != "groups"})


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("not = toml = at all", "not TOML"),
        (changed('name = "The city"', ""), "name"),
        (changed("client_id", "clientid"), "clientid"),
        (changed("https://id.example", "http://id.example"), "https://"),
        (changed('["lending"]', '["bench"]'), "not for people"),
        (changed('["lending"]', '["emperor"]'), "roles.staff"),
        (changed('client_id = "heropstart"', 'client_id = "heropstart"\nscopes = ["profile"]'), "openid"),
        (changed('client_id = "heropstart"', 'client_id = "heropstart"\nscopes = ["openid", "RRN"]'), "national register"),
        (changed('organisation = "org"', 'organisation = "rrn"'), "national register"),
        (changed('roles = "groups"', ""), "a mapping needs"),
        (changed('client_secret = "hush"', 'client_secret = "hush"\nclient_secret_file = "/nowhere"'), "not both"),
        (changed('client_secret = "hush"', 'client_secret_file = "/nowhere/at/all"'), "client_secret_file"),
        (changed("providers.idp]", "providers.'../x']"), "key"),
        ('[providers.x]\nname="x"\nissuer="https://x"\nclient_id="x"\nunknown_people="create"', "mapping"),
    ],
)
def test_a_file_that_is_wrong_says_where_and_tells_no_secret(text: str, told: str) -> None:
    with pytest.raises(ProvidersFileError, match=told) as caught:
        parse(text)
    assert "hush" not in str(caught.value)


def test_a_provider_may_only_say_who_somebody_is() -> None:
    found = parse('[providers.x]\nname = "X"\nissuer = "https://x.example"\nclient_id = "c"')["x"]
    assert not found.maps_roles
    assert found.secret() is None
