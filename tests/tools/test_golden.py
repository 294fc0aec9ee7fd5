"""The golden image's recipe, as far as it can be judged without building it; tests/e2e/test_golden_boots.py starts it."""

import struct

import pytest

from tools.images import disk, golden, profile, sources
from tools.images.rootfs import FILES

TOLD = [
    "https://mirror.example/debian\tbookworm-updates\tmain\tDebian",
    "https://mirror.example/debian\tbookworm\tmain\tDebian",
    "https://mirror.example/debian\tbookworm\tcontrib\tDebian",
    "https://mirror.example/debian\tbookworm\tmain\tDebian",
    "https://elsewhere.example/tools\tstable\tmain\tSomeone",
]


def test_only_debians_own_archives_are_built_from() -> None:
    found = sources.lines(TOLD)
    assert found == (
        "deb https://mirror.example/debian bookworm-updates main",
        "deb https://mirror.example/debian bookworm main contrib",
    )
    assert sources.suite(found) == "bookworm"


def test_a_computer_that_cannot_fetch_debian_says_so() -> None:
    with pytest.raises(sources.NoDebianSources):
        sources.lines(TOLD[-1:])


@pytest.mark.parametrize("name", ["minimal", "family"])
def test_a_profile_holds_what_starts_and_what_it_promises(name: str) -> None:
    wanted = profile.load(name)
    assert {"linux-image-amd64", "shim-signed", "grub-pc-bin", "locales"} <= set(wanted.packages)
    assert "nl_BE.UTF-8" in wanted.locales
    promised = {"LibreOffice": "libreoffice-writer", "Firefox ESR": "firefox-esr", "OpenSC (belpic)": "opensc"}
    told = (wanted.software.office, wanted.software.browser, wanted.software.eid_middleware)
    assert {promised[program] for program in told if program} <= set(wanted.packages)


def test_nothing_that_starts_it_goes_by_partition_guid() -> None:
    assert golden.FINISH[0].step == "new_guids"
    assert not [name for name, text in FILES.items() if "PARTUUID=" in text]


def test_grub_finds_its_core_and_the_table_is_kept() -> None:
    mbr = bytes(440) + b"table" * 14 + b"\x55\xaa"
    placed = disk.boot_sector(b"\xeb" * 512, mbr, 2048)
    assert struct.unpack_from("<Q", placed, 0x5C) == (2048,)
    assert placed[0x66:0x68] == b"\x90\x90"
    assert placed[440:] == mbr[440:]
    assert struct.unpack_from("<Q", disk.placed_core(bytes(2048), 2048), 500) == (2049,)
    with pytest.raises(ValueError, match="BIOS boot partition"):
        disk.placed_core(bytes((1 << 20) + 1), 2048)
