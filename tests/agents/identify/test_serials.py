import pytest

from agents.identify.serials import real_serial, real_wwn


@pytest.mark.parametrize("serial", ["WX12A3456789", "S3Z9NB0K123456", "0xdeadbeef", "4C530001", "V9ee0a2d6eb", "001122"])
def test_real_serials_stay(serial: str) -> None:
    assert real_serial(f"  {serial}  ") == serial


@pytest.mark.parametrize(
    "serial",
    [
        "0",
        "00000000",
        "0123456789abcdef",
        "123456789ABC",
        "000000123456789",
        "To be filled by O.E.M.",
        "xxxxxx",
        "--",
        "\x00\x00",
        "ff-ff-ff",
    ],
)
def test_placeholders_are_none(serial: str) -> None:
    assert real_serial(serial) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0x5000C500A1B2C3D4", "0x5000c500a1b2c3d4"),
        ("naa.5000c500a1b2c3d4", "0x5000c500a1b2c3d4"),
        ("5000c500a1b2c3d4", "0x5000c500a1b2c3d4"),
        ("eui.0025385b71b0e5a1", "eui.0025385b71b0e5a1"),
        ("0x6001405abcdef0123456789abcdef012", "0x6001405abcdef0123456789abcdef012"),
        ("0x0000000000000000", None),
        ("eui.0000000000000000", None),
        ("t10.ATA     WDC WD5000", None),
        ("nvme.1b36-4e564d4530303031-51454d55-00000001", None),
        ("", None),
        (None, None),
    ],
)
def test_one_notation_for_a_wwn(text: str | None, expected: str | None) -> None:
    assert real_wwn(text) == expected
