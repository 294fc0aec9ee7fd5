"""The decoder of hand scanners, tried by Node with codes that `labels.codes` made; and the labels' own reading against it."""

import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from labels import codes

HERE = Path(__file__).parent


@pytest.mark.process
def test_the_decoder_reads_every_pair_of_keyboard_layouts() -> None:
    rng = random.Random(4)  # noqa: S311 - codes to try, not secrets
    right = [codes.random_code(rng) for _ in range(60)]
    wrong = [code[:3] + codes.ALPHABET[(codes.ALPHABET.index(code[3]) + 1) % 32] + code[4:] for code in right]
    node = shutil.which("node")
    assert node is not None, "Node is missing; make setup says how to install it"
    told = subprocess.run(
        [node, "--test", str(HERE / "wedge.test.mjs")],
        env=os.environ | {"CODES": json.dumps({"right": right, "wrong": wrong})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "fail 0" in told.stdout
