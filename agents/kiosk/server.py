"""The screen's web server: a thread of the agent, on loopback alone."""

import asyncio
import socket
import threading
from typing import Final, Self

import uvicorn

from agents.config import BenchConfig
from agents.errors import Failed, Refused
from agents.kiosk.hub import Hub
from agents.kiosk.screen import BenchAtWork, Screen
from agents.kiosk.view import View
from agents.kiosk.web import make_app
from agents.shell.clock import monotonic

_HOST: Final = "127.0.0.1"
_START_S: Final = 10.0
_STOP_S: Final = 1


class KioskPortTaken(Refused):
    """Another program uses the port of the bench's screen. Choose another `port` under [kiosk], and start the agent again."""


class KioskNotStarted(Failed):
    """The bench's screen did not start. Look at the log, and start the agent again."""


class Kiosk:
    """Serves the screen of a bench at work. Use it in a `with`, or call `start` and `stop`."""

    def __init__(self, config: BenchConfig, bench: BenchAtWork) -> None:
        """Read languages and choices. Raises PhrasesUnusable."""
        self._wanted = config.kiosk.port
        self.view = View(Screen(config, bench))
        self._hub = Hub(self.view)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """Where the screen is, once started."""
        port = self._socket.getsockname()[1] if self._socket is not None else self._wanted
        return f"http://{_HOST}:{port}"

    def start(self) -> None:
        """Serve. Raises KioskPortTaken, KioskNotStarted."""
        self._socket = _listening(self._wanted)
        config = uvicorn.Config(
            make_app(self.view, self._hub),
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_STOP_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, args=(self._server, self._socket), name="kiosk-web", daemon=True)
        self._thread.start()
        deadline = monotonic() + _START_S
        while not self._server.started:
            if monotonic() > deadline or not self._thread.is_alive():
                raise KioskNotStarted
            self._thread.join(0.01)

    def stop(self) -> None:
        """Let the pages go; they say so, and find the next agent by themselves."""
        self._hub.stop()
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
        if self._socket is not None:
            self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self, server: uvicorn.Server, listening: socket.socket) -> None:
        async def serve() -> None:
            self._hub.start(asyncio.get_running_loop())
            await server.serve(sockets=[listening])

        asyncio.run(serve())


def _listening(port: int) -> socket.socket:
    """A socket on loopback. Raises KioskPortTaken."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((_HOST, port))
        made.listen()
    except OSError as error:
        made.close()
        raise KioskPortTaken(f"{_HOST}:{port}: {error.strerror}. {KioskPortTaken.__doc__}") from error
    return made
