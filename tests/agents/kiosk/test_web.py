"""The door of the screen: its own page on its own computer, and nobody else."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from agents.bench.phases import PortPhase
from agents.kiosk.guards import own_host
from agents.kiosk.hub import Hub
from agents.kiosk.screen import Screen
from agents.kiosk.server import Kiosk, KioskPortTaken
from agents.kiosk.view import View
from agents.kiosk.web import make_app
from tests.sim.screen_bench import ScreenBench, about, every_scene, screen_config

HERE = "http://127.0.0.1:8137"


@pytest.fixture
def view(tmp_path: Path) -> View:
    config = screen_config(tmp_path)
    return View(Screen(config, ScreenBench.at(config, every_scene()[3:7])))


@pytest.fixture
def client(view: View) -> Iterator[TestClient]:
    with TestClient(make_app(view, Hub(view)), base_url=HERE, follow_redirects=False) as made:
        yield made


def act(client: TestClient, token: str, headers: dict[str, str]) -> int:
    return client.post("/act", data={"code": "HP:HELP", "token": token}, headers=headers).status_code


def test_its_own_page_may_act(client: TestClient, view: View) -> None:
    assert act(client, view.token, {"origin": HERE, "sec-fetch-site": "same-origin"}) == 303
    assert view.screen.desk.panel == "help"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": HERE, "sec-fetch-site": "cross-site"},
        {"origin": HERE, "sec-fetch-site": "same-site"},
        {"origin": "http://evil.example:8137", "host": "evil.example:8137"},
    ],
)
def test_another_site_may_not_act(client: TestClient, view: View, headers: dict[str, str]) -> None:
    assert act(client, view.token, headers) in {403, 421}
    assert view.screen.desk.panel is None


@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_nothing_is_done_without_the_pages_token(client: TestClient, view: View, token: str) -> None:
    assert act(client, token, {"origin": HERE}) == 403
    assert view.screen.desk.panel is None


@pytest.mark.parametrize("path", ["/", "/state", "/sheet", "/static/kiosk.js", "/label/A1"])
def test_a_name_that_somebody_points_here_reads_nothing(client: TestClient, path: str) -> None:
    assert client.get(path, headers={"host": "evil.example:8137"}).status_code == 421
    assert client.get(path, headers={"sec-fetch-site": "cross-site"}).status_code == 403


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1:8137", True),
        ("localhost:8137", True),
        ("LOCALHOST", True),
        ("[::1]:8137", True),
        ("127.0.0.1.evil.example:8137", False),
        ("evil.example", False),
        ("", False),
        (None, False),
    ],
)
def test_names_of_this_computer(host: str | None, own: bool) -> None:
    assert own_host(host) is own


def test_every_answer_carries_the_policy_and_no_inline_script_or_style(client: TestClient) -> None:
    for path in ("/", "/sheet", "/label/A1", "/nowhere"):
        answer = client.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", answer.text)
        assert not re.search(r'(?:src|href)="(?!/)', answer.text)  # nothing from any other computer


def test_a_page_without_scripts_has_its_bars(client: TestClient) -> None:
    page = client.get("/").text
    assert '<progress max="100" value="18"' in page
    assert "55 minutes left" in page


def test_a_body_that_is_too_long_is_refused(client: TestClient, view: View) -> None:
    answer = client.post("/act", data={"code": "x" * 10_000, "token": view.token}, headers={"origin": HERE})
    assert answer.status_code == 413


def test_the_label_is_a_page_of_its_own_where_one_waits(client: TestClient) -> None:
    page = client.get("/label/A1")
    assert 'width="50mm"' in page.text
    assert client.get("/label/A4").status_code == 404
    assert client.get("/label/nowhere").status_code == 404


def test_files_outside_are_not_served(client: TestClient) -> None:
    assert client.get("/static/..%2fserver.py").status_code == 404
    assert client.get("/static/server.py").status_code == 404
    assert "--paper" in client.get("/static/tokens.css").text


@pytest.mark.process
def test_a_page_is_told_of_each_change_and_let_go_at_the_end(tmp_path: Path) -> None:
    config = screen_config(tmp_path)
    bench = ScreenBench.at(config)
    kiosk = Kiosk(config, bench)
    kiosk.start()
    ended = threading.Event()
    with httpx.Client(base_url=kiosk.url, timeout=10) as client, client.stream("GET", "/events") as stream:
        frames = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: {"))
        assert {tile["scene"] for tile in next(frames)["tiles"]} == {"empty"}
        bench.show("A2", **about(1, PortPhase.DONE))
        assert next(frames)["tiles"][1]["sound"] == "good"
        threading.Thread(target=lambda: (kiosk.stop(), ended.set())).start()
        assert list(frames) == []
    assert ended.wait(10)


@pytest.mark.process
def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        config = screen_config(tmp_path, port=other.getsockname()[1])
        with pytest.raises(KioskPortTaken, match=r"\[kiosk\]"), Kiosk(config, ScreenBench.at(config)):
            pass


@pytest.mark.process
def test_it_listens_on_this_computer_alone(tmp_path: Path) -> None:
    config = screen_config(tmp_path)
    with Kiosk(config, ScreenBench.at(config)) as kiosk:
        assert kiosk._socket is not None
        assert kiosk._socket.getsockname()[0] == "127.0.0.1"
