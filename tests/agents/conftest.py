"""Loop devices for tests marked `loop`: each over a file of its own, detached by its own name."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LoopMaker = Callable[..., Path]


@pytest.fixture
def loop_device() -> Iterator[LoopMaker]:
    made: list[str] = []

    def make(file: Path, *options: str) -> Path:
        argv = ["losetup", "--find", "--show", *options, str(file)]
        node = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
        made.append(node)
        return Path(node)

    yield make
    for node in made:
        subprocess.run(["losetup", "--detach", node], check=False, capture_output=True)
