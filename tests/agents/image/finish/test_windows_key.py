import struct
from pathlib import Path

import pytest

from agents.image.finish.windows_key import WindowsKey, of_this_computer, parsed
from fleet.contract.kinds import Presence

KEY = b"AAAAA-BBBBB-CCCCC-DDDDD-3V66T"


def table(key: bytes = KEY, length: int | None = None) -> bytes:
    head = b"MSDM" + struct.pack("<I", 56 + len(key)) + bytes(28)
    return head + struct.pack("<IIIII", 1, 0, 1, 0, len(key) if length is None else length) + key


def test_only_the_end_of_the_key_is_kept() -> None:
    assert parsed(table()) == WindowsKey(Presence.YES, "3V66T")


@pytest.mark.parametrize("data", [b"", b"SSDT" + table()[4:], table()[:50], table(b"\0" * 29), table(length=28)])
def test_what_is_no_key_is_indeterminate(data: bytes) -> None:
    assert parsed(data) == WindowsKey(Presence.INDETERMINATE)


def test_a_computer_with_tables_and_without_this_one_has_no_key(tmp_path: Path) -> None:
    assert of_this_computer(tmp_path) == WindowsKey(Presence.NO)
    assert of_this_computer(tmp_path / "absent") == WindowsKey(Presence.INDETERMINATE)
    (tmp_path / "MSDM").write_bytes(table())
    assert of_this_computer(tmp_path) == WindowsKey(Presence.YES, "3V66T")
