"""The scripts that make runs."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[1] / "tools"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"heropstart_tools_{name}", TOOLS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "node_modules" / "lib" / "dist").mkdir(parents=True)
    (tmp_path / "node_modules" / "lib" / "dist" / "lib.js").write_text("new")
    (tmp_path / "package.json").write_text(json.dumps({"vendor": {"lib.js": "lib/dist/lib.js"}}))
    return tmp_path


def test_vendor_holds_exactly_what_is_named(project: Path) -> None:
    target = project / "static" / "vendor"
    target.mkdir(parents=True)
    (target / "left-over.js").write_text("old")
    assert load("vendor").copy(project, target) == ("lib.js",)
    assert {file.name: file.read_text() for file in target.iterdir()} == {"lib.js": "new"}


def test_vendor_names_a_file_that_its_package_lacks(project: Path) -> None:
    (project / "package.json").write_text(json.dumps({"vendor": {"lib.js": "lib/dist/other.js"}}))
    with pytest.raises(SystemExit, match=r"lib/dist/other\.js"):
        load("vendor").copy(project, project / "static" / "vendor")


def test_require_names_what_it_may_not_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    require = load("require")
    nowhere = require.program("no-such-program", "its-package")
    monkeypatch.setitem(require.GROUPS, "test", (nowhere, require.program("sh", "dash")))
    monkeypatch.setattr(require, "_administrator", lambda: None)
    assert require.main("test", strict=False) == 0
    assert require.main("test", strict=True) == 1
    assert "run `apt-get install its-package` as root" in capsys.readouterr().err


def test_require_installs_only_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    require = load("require")
    installed: list[str] = []
    late = require.Need(lambda: bool(installed), ("first-name", "other-name"))
    monkeypatch.setitem(require.GROUPS, "test", (late, require.program("sh", "dash")))
    monkeypatch.setattr(require, "_administrator", lambda: ["sudo", "-n"])
    monkeypatch.setattr(require, "_known", lambda package: package == "other-name")
    monkeypatch.setattr(require.shutil, "which", lambda name, **_where: f"/bin/{name}")
    commands: list[list[str]] = []

    def run(command: list[str], **_options: object) -> None:
        commands.append(command)
        installed.extend(command if "install" in command else ())

    monkeypatch.setattr(require.subprocess, "run", run)
    assert require.main("test", strict=True) == 0
    assert [command[-1] for command in commands] == ["update", "other-name"]
    assert all(command[:2] == ["sudo", "-n"] for command in commands)


@pytest.mark.process
@pytest.mark.skipif(not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")), reason="needs Debian's PostgreSQL")
def test_postgres_gives_a_private_server_and_takes_it_away() -> None:
    code = (
        "import os, psycopg; from sqlalchemy import make_url; url = make_url(os.environ['FLEET_DATABASE_URL']);"
        "row = psycopg.connect(host=url.query['host'], user=url.username, dbname=url.database).execute("
        "\"SELECT current_setting('listen_addresses'), current_setting('is_superuser'), current_setting('server_encoding')\");"
        "print(url.query['host'], *row.fetchone())"
    )
    command = [sys.executable, TOOLS / "postgres.py", sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    home, *settings = done.stdout.splitlines()[-1].split(" ")
    assert settings == ["", "on", "UTF8"]
    assert not Path(home).exists()
    assert os.environ.get("FLEET_DATABASE_URL") is None or home not in os.environ["FLEET_DATABASE_URL"]
