"""Runs inside the virtual machine: does what the test outside asks for. Standard library only; see machine.py.

Usage: guest.py PORT. One JSON object a line over TCP to the host's loopback, which user networking shows as 10.0.2.2:
{"id", "argv", "env", "input", "timeout_s"} runs a program and answers {"id", "code", "stdout", "stderr"};
with "log" it is started and left running, its output in that file, and {"id", "pid"} comes back at once.
"""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

HOST = "10.0.2.2"
TIMED_OUT = 124


def start(order: dict) -> dict:
    """Leave a program running."""
    with Path(order["log"]).open("ab") as log:
        process = subprocess.Popen(
            order["argv"], env=os.environ | order["env"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    threading.Thread(target=process.wait, daemon=True).start()  # no zombies: a test asks whether it is alive
    return {"pid": process.pid}


def run(order: dict) -> dict:
    """Run a program to its end."""
    try:
        done = subprocess.run(
            order["argv"],
            env=os.environ | order["env"],
            input=order["input"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=order["timeout_s"],
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return {"code": TIMED_OUT, "stdout": str(error.stdout or ""), "stderr": f"still running after {error.timeout:g} s"}
    except OSError as error:
        return {"code": 127, "stdout": "", "stderr": str(error)}
    return {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}


def main(port: int) -> None:
    """Serve orders until the host hangs up."""
    with socket.create_connection((HOST, port), timeout=60) as host:
        host.settimeout(None)
        lock = threading.Lock()

        def answer(order: dict) -> None:
            result = {"id": order["id"], **(start(order) if order.get("log") else run(order))}
            with lock:
                host.sendall(json.dumps(result).encode() + b"\n")

        for line in host.makefile("rb"):
            threading.Thread(target=answer, args=(json.loads(line),), daemon=True).start()


if __name__ == "__main__":
    main(int(sys.argv[1]))
