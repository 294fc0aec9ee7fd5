import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pytest

from agents.bench import gathering
from agents.bench.gathering import Gathering
from agents.image.catalogue import LocalImage
from agents.image.lane import Lane
from agents.image.onto import ImageResult, Target
from agents.image.pack import pack_image
from agents.image.reader import ImageFileDamaged
from agents.image.writer import write_images
from agents.shell.blockdev import open_device
from tests.agents.image.conftest import DEMO, MADE_AT, MIB, fill


@pytest.fixture
def image(tmp_path: Path) -> LocalImage:
    fill(tmp_path / "raw.img", 12 * MIB)
    return pack_image(tmp_path / "raw.img", tmp_path, DEMO, MADE_AT)


def all_at_once(folder: Path, image: LocalImage, count: int, *, window_s: float, expected: int) -> list[ImageResult | Exception]:
    together = Gathering()

    def one(number: int) -> ImageResult | Exception:
        file = folder / f"target-{number}"
        file.write_bytes(os.urandom(12 * MIB))
        with open_device(file, write=True) as device:
            target = Target(device, zero_unmapped=True, stop=threading.Event())
            try:
                return together.write(target, image, window_s=window_s, expected=expected)
            except ImageFileDamaged as error:
                return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def counted(times: list[int]) -> Callable[..., tuple[Lane, ...]]:
    def write(targets: list[Target], image: LocalImage) -> tuple[Lane, ...]:
        times.append(len(targets))
        return write_images(targets, image)

    return write


@pytest.mark.parametrize(("window_s", "expected", "batches"), [(20.0, 3, [3]), (0.0, 3, [1, 1, 1])])
def test_ports_that_are_ready_together_share_one_reading(
    tmp_path: Path, image: LocalImage, window_s: float, expected: int, batches: list[int]
) -> None:
    times: list[int] = []
    with patch.object(gathering, "write_images", counted(times)):
        results = all_at_once(tmp_path, image, 3, window_s=window_s, expected=expected)
    assert all(isinstance(result, ImageResult) for result in results)
    assert sum(times) == sum(batches)
    assert times == batches or window_s == 0
    assert {(tmp_path / f"target-{number}").read_bytes() for number in range(3)} == {(tmp_path / "raw.img").read_bytes()}


def test_a_damaged_file_is_told_to_everybody(tmp_path: Path, image: LocalImage) -> None:
    image.path.write_bytes(image.path.read_bytes()[:-1])
    results = all_at_once(tmp_path, image, 3, window_s=20.0, expected=3)
    assert [type(result) for result in results] == [ImageFileDamaged] * 3


def test_a_single_port_waits_for_nobody(tmp_path: Path, image: LocalImage) -> None:
    with patch.object(gathering, "monotonic", side_effect=[0.0]):
        (result,) = all_at_once(tmp_path, image, 1, window_s=60.0, expected=1)
    assert isinstance(result, ImageResult)
