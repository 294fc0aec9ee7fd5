"""The real service as a process of its own, on loopback, with an embedded database: started and asked as an admin would."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

START_S = 120
"""The first start makes the database."""
ORGANISATION = "Kringwinkel Proef"
LOGIN, PASSWORD = "an", "een lange zin met paarden"
FLEET = Path(sys.executable).with_name("fleet")


class FleetService:
    """A running service. `serving()` makes one."""

    def __init__(self, port: int, environment: dict[str, str]) -> None:
        self.port = port
        self._environment = environment
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)

    def fleet(self, *arguments: str, stdin: str = "") -> str:
        """Run `fleet …` beside the service; returns what it prints. Raises AssertionError with its words when it fails."""
        command = [FLEET, *arguments]
        done = subprocess.run(
            command, env=self._environment, input=stdin, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def sign_in(self) -> None:
        """From here on `get` asks as the workshop's lead."""
        answer = self.client.post("/api/v1/session", json={"login": LOGIN, "password": PASSWORD})
        assert answer.status_code == 201, answer.text

    def get(self, path: str) -> Any:
        """The JSON at a path below /api/v1."""
        answer = self.client.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait_until_up(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        """Raises AssertionError with the log when it does not come up."""
        deadline = time.monotonic() + START_S
        while process.poll() is None and time.monotonic() < deadline:
            try:
                self.client.get("/")
            except httpx.TransportError:
                time.sleep(0.2)
            else:
                return
        raise AssertionError(f"the service did not come up:\n{log.read_text()[-3000:]}")


@contextmanager
def serving(data_dir: Path, public_host: str = "127.0.0.1") -> Iterator[FleetService]:
    """A service with one organisation and its lead, signed in."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEET_")}
    environment |= {"FLEET_DATA_DIR": str(data_dir), "FLEET_PUBLIC_URL": f"http://{public_host}:{port}", "FLEET_PORT": str(port)}
    service = FleetService(port, environment)
    log = data_dir / "service.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [FLEET, "serve"], env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=data_dir
        )
    try:
        service.wait_until_up(process, log)
        service.fleet("organisation", "add", ORGANISATION)
        service.fleet("user", "add", LOGIN, "-o", ORGANISATION, "-r", "lead", "--password-stdin", stdin=f"{PASSWORD}\n")
        service.sign_in()
        yield service
    finally:
        service.client.close()
        process.terminate()
        process.wait(timeout=60)
