"""The real service on a free port of this machine, in a thread of this process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI

from fleet.app import create_app
from fleet.config import Settings
from fleet.web.serving import Server

START_S: Final = 120.0
"""The first start makes the embedded database."""


class DemoServerError(RuntimeError):
    """The service did not start."""


@contextmanager
def serving(data_dir: Path, port: int) -> Iterator[tuple[FastAPI, str]]:
    """A running service with an embedded database of its own, and its address."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = Settings(database_url=None, database_app_url=None, data_dir=data_dir, public_url=address)
        app = create_app(settings)
        config = uvicorn.Config(app, log_level="warning", proxy_headers=False, server_header=False)
        server = Server(config, app.state.hub.close)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="service", daemon=True)
        thread.start()
        try:
            _await_start(server, thread)
            yield app, address
        finally:
            server.should_exit = True
            thread.join(timeout=30)


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise DemoServerError("the service did not start: run `fleet serve` to see why")
        time.sleep(0.05)
