"""What the kernel tells of a machine, from trees as laptops and boards show them."""

from pathlib import Path

import pytest

from agents.identify.machine.batteries import read_batteries
from agents.identify.machine.board import read_board
from agents.identify.machine.inputs import read_inputs
from agents.identify.machine.roots import Roots
from agents.identify.machine.screens import parse_edid, read_screens
from fleet.contract.hardware import BootFirmware
from fleet.contract.kinds import DeviceKind, Presence

SECURE_BOOT = "firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    return Roots(tmp_path / "sys", tmp_path / "proc")


def put(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else f"{content}\n".encode())


def dmi(**fields: str) -> dict[str, str | bytes]:
    return {f"class/dmi/id/{name}": value for name, value in fields.items()}


def test_a_lenovo_is_called_by_the_name_that_people_know(roots) -> None:
    fields = {"sys_vendor": "LENOVO", "product_name": "20L5CTO1WW", "product_version": "ThinkPad T480"}
    put(roots.sys, dmi(**fields, product_serial="PF1ABCDE", chassis_type="10", bios_version="N24ET62W (1.37 )"))
    put(roots.sys, {SECURE_BOOT: b"\x06\x00\x00\x00\x01"})
    board = read_board(roots)
    assert (board.manufacturer, board.model, board.serial) == ("LENOVO", "ThinkPad T480 (20L5CTO1WW)", "PF1ABCDE")
    assert (board.kind, board.boot, board.secure_boot) == (DeviceKind.LAPTOP, BootFirmware.UEFI, Presence.YES)


def test_placeholders_are_not_taken_for_names_or_serials(roots) -> None:
    put(
        roots.sys,
        dmi(
            sys_vendor="System manufacturer",
            product_name="To Be Filled By O.E.M.",
            product_serial="Default string",
            board_vendor="ASUSTeK COMPUTER INC.",
            board_name="H81M-K",
            board_serial="MF70S1234567890",
            product_uuid="00000000-0000-0000-0000-000000000000",
            chassis_type="3",
        ),
    )
    board = read_board(roots)
    assert (board.manufacturer, board.model, board.serial) == ("ASUSTeK COMPUTER INC.", "H81M-K", "MF70S1234567890")
    assert (board.product_uuid, board.kind, board.boot) == (None, DeviceKind.DESKTOP, BootFirmware.BIOS)


@pytest.mark.parametrize(
    ("value", "presence"),
    [(b"\x06\x00\x00\x00\x00", Presence.NO), (b"\x06\x00\x00\x00", Presence.INDETERMINATE), (None, Presence.INDETERMINATE)],
)
def test_secure_boot_is_not_guessed(roots, value: bytes | None, presence: Presence) -> None:
    put(roots.sys, {"firmware/efi/fw_platform_size": "64"} | ({} if value is None else {SECURE_BOOT: value}))
    assert read_board(roots).secure_boot is presence


def test_a_machine_that_tells_nothing_is_no_error(roots) -> None:
    board = read_board(roots)
    assert (board.kind, board.serial, board.model) == (DeviceKind.OTHER, None, None)
    assert (read_batteries(roots), read_screens(roots)) == ((), ())
    assert read_inputs(roots).touchscreen is Presence.INDETERMINATE


def battery(folder: str, **fields: str) -> dict[str, str | bytes]:
    return {f"class/power_supply/{folder}/{name}": value for name, value in fields.items()}


def test_batteries_in_energy_and_in_charge(roots) -> None:
    put(roots.sys, {"class/power_supply/AC/type": "Mains"})
    full = {"type": "Battery", "present": "1", "energy_full_design": "57020000", "energy_full": "40120000"}
    put(roots.sys, battery("BAT0", **full, cycle_count="412", model_name="01AV424", manufacturer="SANYO"))
    put(roots.sys, battery("BAT1", type="Battery", charge_full_design="3000000", charge_full="2900000", cycle_count="0"))
    put(roots.sys, battery("hidpp_battery_0", type="Battery", scope="Device", charge_full="1"))
    put(roots.sys, battery("BAT2", type="Battery", present="0"))
    first, second = read_batteries(roots)
    assert (first.design, first.full, first.unit, first.cycles, first.health_percent) == (57020, 40120, "mWh", 412, 70)
    assert (second.unit, second.cycles, second.health_percent) == ("mAh", None, 96)


def edid(width_mm: int = 344, height_mm: int = 194) -> bytes:
    """The first block of a 1920 x 1080 panel, by VESA E-EDID 1.4."""
    block = bytearray(128)
    block[:8] = b"\x00\xff\xff\xff\xff\xff\xff\x00"
    block[8:10] = (2 << 10 | 15 << 5 | 5).to_bytes(2, "big")
    block[21:23] = bytes([34, 19])
    size = [width_mm & 255, height_mm & 255, (width_mm >> 8) << 4 | height_mm >> 8]
    pixels = [1920 & 255, 0, (1920 >> 8) << 4, 1080 & 255, 0, (1080 >> 8) << 4]
    block[54:72] = bytes([0x36, 0x36, *pixels, 0, 0, 0, 0, *size, 0, 0, 0x18])
    block[127] = -sum(block) % 256
    return bytes(block)


def test_a_panel_is_measured_from_its_edid(roots) -> None:
    put(roots.sys, {"class/drm/card0-eDP-1/status": "connected", "class/drm/card0-eDP-1/edid": edid()})
    put(roots.sys, {"class/drm/card0-HDMI-A-1/status": "disconnected", "class/drm/version": "drm"})
    (screen,) = read_screens(roots)
    assert (screen.connector, screen.built_in, screen.manufacturer) == ("eDP-1", True, "BOE")
    assert (screen.width_px, screen.height_px, screen.width_mm, screen.diagonal_tenths_inch) == (1920, 1080, 344, 155)


def test_a_panel_that_gives_no_millimetres_is_measured_in_centimetres() -> None:
    screen = parse_edid("HDMI-A-1", edid(0, 0))
    assert screen is not None
    assert (screen.width_mm, screen.height_mm, screen.built_in) == (340, 190, False)


@pytest.mark.parametrize("broken", [b"", edid()[:100], edid()[:60] + b"\xff" + edid()[61:]])
def test_a_damaged_edid_is_no_screen(broken: bytes) -> None:
    assert parse_edid("eDP-1", broken) is None


INPUT = """I: Bus=0019 Vendor=0000 Product=0005 Version=0000
N: Name="Lid Switch"
B: EV=21

I: Bus=0011 Vendor=0001 Product=0001 Version=ab54
N: Name="AT Translated Set 2 keyboard"
B: EV=120013
B: KEY=402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe

I: Bus=0003 Vendor=046d Product=c31c Version=0110
N: Name="Logitech USB Keyboard"
B: KEY=1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe

I: Bus=0018 Vendor=04f3 Product=2234 Version=0100
N: Name="ELAN Touchscreen"
B: KEY=400 0 0 0 0 0

I: Bus=0019 Vendor=0000 Product=0001 Version=0000
N: Name="Power Button"
B: KEY=10000000000000 0
"""


def test_a_built_in_keyboard_is_told_from_buttons_and_from_one_on_usb(roots) -> None:
    put(roots.proc, {"bus/input/devices": INPUT})
    put(roots.sys, {"class/video4linux/video0/name": "Integrated Camera: Integrated C"})
    put(roots.sys, {"class/net/wlp3s0/device/uevent": "x", "class/net/lo/mtu": "65536"})
    inputs = read_inputs(roots)
    assert inputs.keyboards == ("AT Translated Set 2 keyboard",)
    assert inputs.touchscreen is Presence.YES
    assert inputs.cameras == ("Integrated Camera: Integrated C",)
    assert inputs.networks == ("wlp3s0 (unknown driver)",)
