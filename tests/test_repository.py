"""What must hold for the repository as a whole: import contracts, locks, documentation, no trace of one machine."""

import ast
import configparser
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from agents import config as bench_config
from agents.cli.app import app as bench_app
from fleet.cli import app as fleet_app
from fleet.config import Settings

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("agents", "fleet", "labels")
NOUN_FILES = frozenset({"api", "pages", "jobs", "service", "repository", "models", "rules"})


def lint_imports(where: Path) -> "subprocess.CompletedProcess[str]":
    """import-linter on the packages in a folder."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)


# --- import contracts


@pytest.mark.process
def test_import_contracts_hold() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and their contracts, to plant violations in."""
    copy = tmp_path_factory.mktemp("planted")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "static", "locale"))
    shutil.copyfile(ROOT / ".importlinter", copy / ".importlinter")
    return copy


@pytest.mark.process
@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("fleet/audit/service.py", "import fleet.devices.service", "fleet: rooms in layers"),
        ("fleet/unplaced.py", "", "fleet: rooms in layers"),
        ("fleet/devices/rules.py", "import fleet.devices.repository", "fleet: inside a noun"),
        ("fleet/devices/unplaced.py", "", "fleet: inside a noun"),
        ("agents/detect/debounce.py", "import agents.wipe.plan", "agents: rooms in layers"),
        ("agents/unplaced.py", "", "agents: rooms in layers"),
        ("agents/wipe/plan.py", "import fleet.devices.rules", "agents know the wire contract"),
        ("fleet/intake/rules.py", "import agents.errors", "fleet does not know agents"),
        ("labels/codes.py", "import fleet.errors", "labels stand alone"),
        ("fleet/contract/base.py", "import sqlalchemy", "the wire contract needs no server"),
        ("agents/wipe/plan.py", "import subprocess", "agents: one door to other programs"),
        ("fleet/devices/service.py", "import subprocess", "fleet: one door to other programs"),
        ("agents/identify/identify.py", "import pyudev", "agents: one ear for the kernel's events"),
    ],
)
def test_planted_violation_is_caught(copied: Path, module: str, line: str, contract: str) -> None:
    file = copied / module
    before = file.read_text() if file.exists() else None
    file.write_text(f"{before or ''}\n{line}\n")
    try:
        done = lint_imports(copied)
    finally:
        file.unlink() if before is None else file.write_text(before)
    assert done.returncode == 1, done.stdout
    assert re.search(rf"^{re.escape(contract)}.* BROKEN", done.stdout, re.MULTILINE), done.stdout


def test_every_noun_is_in_the_contract_of_nouns() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    listed = set(contracts["importlinter:contract:noun"]["containers"].split())
    # a room of a noun has a service or tables; `web`, `db`, `ui` and `contract` are no nouns
    nouns = {f"fleet.{file.parent.name}" for name in NOUN_FILES - {"pages", "jobs"} for file in ROOT.glob(f"fleet/*/{name}.py")}
    assert nouns <= listed


def test_no_package_is_empty() -> None:
    initials = [file for package in PACKAGES for file in (ROOT / package).rglob("__init__.py")]
    empty = [
        str(file.parent.relative_to(ROOT))
        for file in initials
        if not ast.parse(file.read_text()).body[1:] and not [other for other in file.parent.rglob("*.py") if other != file]
    ]
    assert initials
    assert not empty


# --- no trace of one machine


@cache
def tracked() -> dict[str, str]:
    """Every tracked text file."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    texts = {}
    for name in filter(None, listed.split("\0")):
        data = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in data:
            texts[name] = data.decode(errors="replace")
    return texts


# Put together from parts, so that this file does not hold what it looks for.
HOSTS = [
    ".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("debian", "org"))
]
PLACES = [str(ROOT), "/" + "work/", "/" + "root/", "." + "pyenv"]


@pytest.mark.process
@pytest.mark.parametrize("trace", [*HOSTS, *PLACES])
def test_no_file_names_a_registry_or_a_place_of_one_machine(trace: str) -> None:
    assert len(tracked()) > 100
    assert [name for name, text in tracked().items() if trace in text] == []


# --- locks


def wanted(*extras: str) -> Iterator[Requirement]:
    """The direct requirements, with those of some extras."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = declared["optional-dependencies"]
    for text in declared["dependencies"] + [text for extra in extras or optional for text in optional[extra]]:
        yield Requirement(text)


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Each distribution of a lock, its version and how many hashes it has."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    found = (re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", entry) for entry in entries)
    return {
        canonicalize_name(at[1]): (at[2], entry.count("--hash=sha256:")) for at, entry in zip(found, entries, strict=True) if at
    }


@pytest.mark.parametrize(("lock", "extras"), [("requirements.txt", ()), ("requirements-bench.txt", ("bench",))])
def test_python_lock_has_hashes_and_is_in_step(lock: str, extras: tuple[str, ...]) -> None:
    versions = locked(lock)
    assert [name for name, (_, hashes) in versions.items() if not hashes] == []
    out_of_step = [
        str(requirement)
        for requirement in wanted(*extras)
        if (pinned := versions.get(canonicalize_name(requirement.name))) is None or not requirement.specifier.contains(pinned[0])
    ]
    assert out_of_step == [], f"run `make lock`: {lock} does not meet pyproject.toml"


def test_bench_lock_brings_no_server() -> None:
    whole, bench = locked("requirements.txt"), locked("requirements-bench.txt")
    assert {name: version for name, (version, _) in bench.items()}.items() <= {
        name: at for name, (at, _) in whole.items()
    }.items()
    assert not {"fastapi", "sqlmodel", "sqlalchemy", "psycopg", "uvloop", "pytest"} & bench.keys()


def test_front_end_lock_has_hashes_and_is_in_step() -> None:
    declared = json.loads((ROOT / "package.json").read_text())
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for kind in ("dependencies", "devDependencies"):
        assert declared[kind] == packages[""].get(kind)
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in declared[kind].values()), "pin exact versions"
    others = {name: package for name, package in packages.items() if name}
    assert [name for name, package in others.items() if not package["integrity"].startswith("sha512-")] == []
    assert [name for name, package in others.items() if "resolved" in package] == []


# --- documentation


@cache
def documentation() -> str:
    """All that people are told, but not the records of decisions."""
    return "\n".join(file.read_text() for file in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))])


def commands(app: typer.Typer, path: str) -> Iterator[str]:
    """The full names of a command line's commands, with those of its groups."""
    for command in app.registered_commands:
        name = command.name or str(getattr(command.callback, "__name__", "")).replace("_", "-")
        yield f"{path} {name}"
    for group in app.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, f"{path} {group.name}")


COMMANDS = [*commands(fleet_app, "fleet"), *commands(bench_app, "bench-agent")]


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_documented(command: str) -> None:
    assert re.search(rf"\b{command}\b", documentation()), f"`{command}` stands in no page of docs/"


@pytest.mark.parametrize("setting", [f"FLEET_{name.upper()}" for name in Settings.model_fields])
def test_setting_of_the_service_is_documented(setting: str) -> None:
    assert re.search(rf"`{setting}\b", documentation()), f"`{setting}` stands in no page of docs/"


@pytest.mark.parametrize(
    "setting",
    [
        *bench_config.BenchConfig.model_fields,
        *bench_config.PortConfig.model_fields,
        *bench_config.KioskConfig.model_fields,
    ],
)
def test_setting_of_the_bench_is_documented(setting: str) -> None:
    assert re.search(rf"\b{setting}\b", (ROOT / "docs" / "bench.md").read_text()), f"`{setting}` does not stand in docs/bench.md"


def test_no_test_waits_by_eval_in_the_page() -> None:
    """Every page forbids `eval`, by which Playwright looks a second time: such a wait passes only when it need not wait."""
    word = "wait_for_" + "function("
    assert [str(file) for file in (ROOT / "tests").rglob("*.py") if word in file.read_text()] == []
