import pytest
from fastapi.testclient import TestClient

from fleet.web.assets import Assets
from tests.fleet.web.conftest import Person


def test_the_chosen_language_wins_over_the_browsers(client: TestClient) -> None:
    assert '<html lang="en">' in client.get("/page").text
    answer = client.post("/language", data={"language": "fr", "next": "/page"})
    assert answer.headers["location"] == "/page"
    assert '<html lang="fr">' in client.get("/page").text


def test_dutch_is_the_default(client: TestClient) -> None:
    assert '<html lang="nl">' in client.get("/page", headers={"accept-language": "de, es;q=0.3"}).text


def test_an_unknown_language_is_refused(client: TestClient) -> None:
    assert client.post("/language", data={"language": "xx"}).status_code == 422


def test_health_and_readiness(client: TestClient) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    client.app.state.test.ready = False  # type: ignore[attr-defined]
    assert client.get("/readyz").status_code == 503


def test_a_stranger_sees_no_navigation(client: TestClient) -> None:
    assert 'id="scan"' not in client.get("/page").text
    client.cookies.set("session", "ada")
    assert 'id="scan"' in client.get("/page").text


def test_a_refused_form_shows_what_was_typed(ada: TestClient) -> None:
    for typed, status, shown in [
        ("zero", 422, "typed=zero number=A whole number is expected."),
        ("0", 422, "typed=0 number=This must be at least 1."),
        ("", 422, "typed= number=Fill this in."),
        ("13", 409, "typed=13 number=This is not possible now."),
        ("14", 409, "summary=This is not possible now."),
    ]:
        answer = ada.post("/form", data={"number": typed, "csrf_token": "token-of-ada"})
        assert answer.status_code == status
        assert shown in answer.text


def test_several_values_of_one_name_are_kept(ada: TestClient) -> None:
    ada.post("/form", data={"number": "1", "tags": ["a", "b"], "csrf_token": "token-of-ada"})
    assert ada.app.state.test.saved[0].tags == ["a", "b"]  # type: ignore[attr-defined]


def test_what_was_done_is_told_once(ada: TestClient) -> None:
    ada.post("/form", data={"number": "1", "csrf_token": "token-of-ada"})
    assert 'role="status"' in ada.get("/page").text
    assert 'role="status"' not in ada.get("/page").text


def test_static_files_are_kept_for_ever_under_their_hash(client: TestClient) -> None:
    assets: Assets = client.app.state.site.assets  # type: ignore[attr-defined]
    url = assets.url("heropstart.css")
    answer = client.get(url)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert assets.url("mark.svg") != url
    assert client.get(url, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    stale = client.get("/static/000000000000/heropstart.css")
    assert stale.headers["cache-control"] == "public, no-cache"
    assert client.get("/static/0/../../site.py").status_code == 404


def test_the_stylesheet_names_its_fonts_by_hash(client: TestClient) -> None:
    assets: Assets = client.app.state.site.assets  # type: ignore[attr-defined]
    assert assets.url("vendor/hyperlegible-400.woff2") in client.get(assets.url("heropstart.css")).text


def test_light_or_dark_is_kept_until_it_is_given_up(client: TestClient) -> None:
    assert "data-look" not in client.get("/page").text
    answer = client.post("/look", data={"look": "dark", "next": "/page"})
    assert answer.headers["location"] == "/page"
    assert '<html lang="en" data-look="dark">' in client.get("/page").text
    client.post("/look", data={"look": "auto"})
    assert "data-look" not in client.get("/page").text
    assert client.post("/look", data={"look": "pink"}).status_code == 422


def test_a_look_that_we_do_not_know_is_none(client: TestClient) -> None:
    client.cookies.set("heropstart-look", '"><script>')
    assert '<html lang="en">' in client.get("/page").text


def test_the_accounts_language_goes_before_that_of_a_shared_browser(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.cookies.set("session", "ada")
    client.cookies.set("heropstart-language", "fr")
    assert '<html lang="fr">' in client.get("/page").text
    monkeypatch.setattr(Person, "language", "nl")
    monkeypatch.setattr(Person, "__init__", lambda self: object.__setattr__(self, "language", "nl"))
    assert '<html lang="nl">' in client.get("/page").text


def test_only_a_page_that_says_so_may_use_the_camera(client: TestClient) -> None:
    plain, camera = client.get("/page").headers, client.get("/camera").headers
    assert "camera=()" in plain["permissions-policy"]
    assert "unsafe" not in plain["content-security-policy"]
    assert "camera=(self)" in camera["permissions-policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in camera["content-security-policy"]
    assert camera["x-frame-options"] == "DENY"
