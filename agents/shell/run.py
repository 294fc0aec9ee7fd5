"""The one door to other programs.

A list of arguments, never a shell; `LC_ALL=C`; stdin is /dev/null; the exit codes that count as success are named; a time-out
kills the whole process group; secrets are struck out of everything that is kept or raised. A program that is to outlive this
one is started detached, and watched by other means.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.errors import Failed

REDACTED: Final = "[redacted]"
_SYSTEM_PATH: Final = "/usr/sbin:/sbin"
"""Where Debian keeps disk tools; an ordinary user's PATH lacks it."""
_REAP_S: Final = 5.0
"""How long a killed child may take to go: one that hangs in the kernel on a dying drive never goes."""
_DETACH_S: Final = 30.0
"""`setsid --fork` returns at once; a computer that is out of memory may take a while to fork."""


@dataclass(frozen=True)
class Completed:
    """A program that ran to its end with an accepted exit code. Secrets are struck out."""

    argv: tuple[str, ...]
    code: int
    stdout: str
    stderr: str


class ProgramMissing(Failed):
    """A program that this step needs is not installed. Install it, or run `make setup`."""


class ProgramFailed(Failed):
    """A program ended with an exit code that does not mean success."""

    def __init__(self, completed: Completed) -> None:
        self.completed = completed
        said = (completed.stderr.strip() or completed.stdout.strip() or "it said nothing")[-2000:]
        super().__init__(f"`{' '.join(completed.argv)}` ended with exit code {completed.code}: {said}")


class ProgramTimedOut(Failed):
    """A program did not end in time and was killed, with all it had started. The device may hang: unplug it and try again."""

    def __init__(self, argv: tuple[str, ...], timeout_s: float) -> None:
        self.argv, self.timeout_s = argv, timeout_s
        super().__init__(
            f"`{' '.join(argv)}` did not end within {timeout_s:g} s and was killed. The device may hang: unplug it and try again."
        )


def run(argv: Sequence[str], *, timeout_s: float, accept: Container[int] = (0,), redact: Sequence[str] = ()) -> Completed:
    """Run a program to its end.

    Args:
        argv: the program and its arguments; found on PATH, or in the system's sbin directories.
        timeout_s: seconds after which the program and everything in its process group are killed.
        accept: exit codes that mean success.
        redact: secrets to strike out of the result and of every error.

    Raises:
        ProgramMissing: it is not installed.
        ProgramFailed: its exit code is not in `accept`.
        ProgramTimedOut: it did not end in time.
    """
    shown = tuple(_strike(argument, redact) for argument in argv)
    try:
        child = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise ProgramMissing(f"`{argv[0]}` cannot be started ({error.strerror}). Install it, or run `make setup`.") from error
    ended = False
    try:
        stdout, stderr = child.communicate(timeout=timeout_s)
        ended = True
    except subprocess.TimeoutExpired as error:
        raise ProgramTimedOut(shown, timeout_s) from error
    finally:
        if not ended:
            _kill_group(child)
    completed = Completed(shown, child.returncode, _text(stdout, redact), _text(stderr, redact))
    if completed.code not in accept:
        raise ProgramFailed(completed)
    return completed


def start_detached(argv: Sequence[str], *, output: Path, keep: Sequence[int] = ()) -> None:
    """Start a program that outlives this one: neither Ctrl-C nor the end of this process reaches it.

    It has a session of its own, and init for its parent. Whether it could be started at all, and how it ends, must be learnt from
    what it does.

    Args:
        argv: the program and its arguments.
        output: the file that gets what it says, after what is there already.
        keep: descriptors that it inherits, under the same numbers.

    Raises:
        ProgramMissing: `setsid` is not installed, or `output` cannot be written.
    """
    try:
        with output.open("ab") as said:
            subprocess.run(
                ["setsid", "--fork", *argv],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                pass_fds=tuple(keep),
                check=True,
                timeout=_DETACH_S,
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise ProgramMissing(f"`{argv[0]}` cannot be started ({error}). Install util-linux, or run `make setup`.") from error


def installed(program: str) -> bool:
    """Whether `run` would find this program."""
    return shutil.which(program, path=_environment()["PATH"]) is not None


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill the child and all it started. Its number is still its own: it has not been waited for."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    for pipe in (child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=_REAP_S)


def _environment() -> dict[str, str]:
    """This process's environment in the C locale, with the system's sbin directories on PATH."""
    kept = {name: value for name, value in os.environ.items() if name not in {"LANGUAGE", "LANG"} and not name.startswith("LC_")}
    return kept | {"LC_ALL": "C", "PATH": f"{kept.get('PATH', os.defpath)}:{_SYSTEM_PATH}"}


def _strike(text: str, secrets: Sequence[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return text


def _text(data: bytes, secrets: Sequence[str]) -> str:
    return _strike(data.decode("utf-8", errors="replace"), secrets)
