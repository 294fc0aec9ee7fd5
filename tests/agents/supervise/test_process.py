"""A job's process wipes what the agent has cleared, and nothing that was plugged in since."""

from pathlib import Path

import pytest

from agents.config import PortConfig
from agents.identify.sysfs import DeviceNumber
from agents.supervise import process
from agents.supervise.documents import Order
from agents.wipe.guard import IdentityChanged


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    path = tmp_path / "a1.img"
    path.write_bytes(bytes(1 << 20))
    return path


def test_what_the_agent_cleared_is_taken(drive: Path) -> None:
    order = Order(PortConfig(name="A1", path=drive), None, None)
    assert process._identified(order, drive).path == drive


@pytest.mark.parametrize(("diskseq", "number"), [(7, None), (None, DeviceNumber(8, 16)), (7, DeviceNumber(8, 16))])
def test_another_plugging_in_is_refused(drive: Path, diskseq: int | None, number: DeviceNumber | None) -> None:
    order = Order(PortConfig(name="A1", path=drive), diskseq, number)
    with pytest.raises(IdentityChanged, match="plugged in anew"):
        process._identified(order, drive)
