from pathlib import Path

import pytest

from agents.identify.controllers import hidden_drives


@pytest.fixture
def pci(tmp_path: Path) -> Path:
    """A laptop with a USB controller and an AHCI controller, both with drivers."""
    folder = tmp_path / "bus" / "pci" / "devices"
    for address, code in (("0000:00:14.0", "0x0c0330"), ("0000:00:17.0", "0x010601")):
        (folder / address / "driver").mkdir(parents=True)
        (folder / address / "class").write_text(f"{code}\n")
    return folder


@pytest.mark.usefixtures("pci")
def test_an_ordinary_computer_hides_nothing(tmp_path: Path) -> None:
    assert hidden_drives(tmp_path) == ()
    assert hidden_drives(tmp_path / "elsewhere") == ()


def test_a_drive_behind_vmd_is_not_shown_and_that_is_said(pci: Path, tmp_path: Path) -> None:
    """A Tiger Lake laptop as it leaves the shop: VMD 8086:9a0b, and a kernel without its driver (ShredOS issue 379)."""
    vmd = pci / "0000:00:0e.0"
    vmd.mkdir()
    for name, text in (("class", "0x010400"), ("vendor", "0x8086"), ("device", "0x9a0b")):
        (vmd / name).write_text(f"{text}\n")
    (told,) = hidden_drives(tmp_path)
    assert "0000:00:0e.0 (0x8086:0x9a0b)" in told
    assert "not seen and not erased" in told
    (vmd / "driver").mkdir()
    assert hidden_drives(tmp_path) == ()


def test_remapped_drives_are_counted(pci: Path, tmp_path: Path) -> None:
    (pci / "0000:00:17.0" / "remapped_nvme").write_text("2\n")
    assert "hides 2 NVMe drives" in hidden_drives(tmp_path)[0]
    (pci / "0000:00:17.0" / "remapped_nvme").write_text("0\n")
    assert hidden_drives(tmp_path) == ()
