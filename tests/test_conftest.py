"""The rules of tests/conftest.py hold."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ("pytester",)
ROOT_CONFTEST = Path(__file__).with_name("conftest.py")


def test_unit_test_may_not_spawn() -> None:
    with pytest.raises(RuntimeError, match="leaves its process"):
        subprocess.run([sys.executable, "-c", ""], check=False)


def test_unit_test_may_not_connect() -> None:
    with socket.socket() as reach, pytest.raises(RuntimeError, match="leaves its process"):
        reach.connect(("127.0.0.1", 9))


def test_unit_test_may_not_listen() -> None:
    with socket.socket() as door, pytest.raises(RuntimeError, match="leaves its process"):
        door.bind(("127.0.0.1", 0))


@pytest.fixture
def spawning() -> Path:
    subprocess.run([sys.executable, "-c", ""], check=True)
    return ROOT_CONFTEST


@pytest.mark.process
def test_marked_test_and_its_fixtures_may_spawn(spawning: Path) -> None:
    assert subprocess.run([sys.executable, "-c", ""], check=False).returncode == 0
    assert spawning.exists()


@pytest.mark.process
@pytest.mark.parametrize(("ci", "outcome"), [("true", {"failed": 1, "errors": 1}), ("", {"skipped": 2})])
def test_skip_is_a_failure_on_ci(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: dict[str, int]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makeconftest(ROOT_CONFTEST.read_text())
    pytester.makepyfile(
        "import pytest\ndef test_one():\n    pytest.skip('tired')\n@pytest.mark.skip(reason='old')\ndef test_two(): ...\n"
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(**outcome)


@pytest.mark.process
def test_unmet_need_is_named(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")
    monkeypatch.setenv("PATH", str(pytester.path))
    pytester.makeconftest(ROOT_CONFTEST.read_text())
    pytester.makepyfile("import pytest\n@pytest.mark.browser\ndef test_page(): ...\n")
    result = pytester.runpytest_subprocess("-rs", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["*needs Chromium: run `apt-get install chromium`*"])
