"""Run a command with FLEET_DATABASE_URL naming a private cluster of the system's PostgreSQL: `postgres.py COMMAND…`.

The cluster lives in a temporary folder, listens on one socket in it, and is gone afterwards. Version 15 is taken where it
is installed, because it is the oldest that the service supports; else the oldest there is.
"""

import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

WAIT_S = 60
# Throw-away data: what protects it from a power cut only costs time.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


def binaries() -> Path:
    """The oldest installed server's programs. Raises SystemExit when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        sys.exit("no PostgreSQL server is installed: run `apt-get install postgresql` as root")
    return found[0].parent


def _user() -> tuple[list[str], int]:
    """The prefix that runs a command as an ordinary user, and that user's id: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return [], os.geteuid()
    account = pwd.getpwnam("postgres")
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--"], account.pw_uid


@contextmanager
def cluster() -> Iterator[str]:
    """A running server; gives the URL of its superuser."""
    prefix, uid = _user()
    # Its name is short on purpose: a socket's path ends at 107 bytes.
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    os.chown(home, uid, -1)

    def run(program: str, *args: str) -> None:
        command = [*prefix, str(binaries() / program), "-D", str(home / "data"), *args]
        subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    try:
        run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = " ".join(
            shlex.quote(f"--{name}={value}") for name, value in {**SETTINGS, "unix_socket_directories": str(home)}.items()
        )
        run("pg_ctl", "-w", "-t", str(WAIT_S), "-l", str(home / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={home}"
        finally:
            run("pg_ctl", "-w", "-m", "fast", "stop")
    finally:
        shutil.rmtree(home)


def main(command: Sequence[str]) -> int:
    """Returns the command's exit code."""
    with cluster() as url:
        print(f"PostgreSQL {binaries().parent.name}", flush=True)
        return subprocess.run(command, env={**os.environ, "FLEET_DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
