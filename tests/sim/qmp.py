"""QEMU's machine protocol over its socket: commands, and the events that answer them later."""

import json
import socket
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class QmpError(RuntimeError):
    """QEMU refused a command."""


class Qmp:
    """One connection. Not for use from several threads."""

    def __init__(self, path: Path, timeout_s: float = 30) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout_s)
        self._socket.connect(str(path))
        self._buffer = b""
        self._events: list[dict[str, Any]] = []
        self._read()  # the greeting
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: Any) -> Any:
        """The command's answer. Raises QmpError with QEMU's words."""
        named = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._socket.sendall(json.dumps({"execute": command, "arguments": named}).encode() + b"\n")
        while "event" in (message := self._read()):
            self._events.append(message)
        if "error" in message:
            raise QmpError(f"{command} {named}: {message['error']['desc']}")
        return message["return"]

    def wait_event(self, name: str, timeout_s: float = 30, **data: Any) -> dict[str, Any]:
        """The first event of this name whose data holds these values; earlier ones count. Raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        while True:
            for event in self._events:
                if event["event"] == name and event.get("data", {}).items() >= data.items():
                    self._events.remove(event)
                    return event
            if time.monotonic() > deadline:
                raise TimeoutError(f"QEMU did not report {name} {data} within {timeout_s:g} s")
            self._events.append(self._read())

    def _read(self) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ConnectionError("QEMU has gone")
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._socket.close()
