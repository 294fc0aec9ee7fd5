import pytest

from agents.identify.media import MediaFacts, media_type
from fleet.contract.kinds import MediaType


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (MediaFacts("sda", "sata", rotational=True, removable=False), MediaType.HDD),
        (MediaFacts("sda", "sata", rotational=False, removable=False), MediaType.SATA_SSD),
        (MediaFacts("sda", "sata", rotational=True, removable=False, rotation_rate=0), MediaType.SATA_SSD),
        (MediaFacts("sda", "sas", rotational=True, removable=False), MediaType.HDD),
        (MediaFacts("sda", "sas", rotational=False, removable=False), MediaType.UNKNOWN),
        (MediaFacts("sdb", "usb", rotational=True, removable=True), MediaType.USB_FLASH),
        (MediaFacts("sdb", "usb", rotational=True, removable=False), MediaType.USB_BRIDGE),
        (MediaFacts("sdb", "usb", rotational=True, removable=True, drive_answers=True), MediaType.USB_BRIDGE),
        (MediaFacts("nvme0n1", "nvme", rotational=False, removable=False), MediaType.NVME),
        (MediaFacts("mmcblk0", None, rotational=False, removable=False, card="SD"), MediaType.SD),
        (MediaFacts("mmcblk0", None, rotational=False, removable=False, card="MMC"), MediaType.EMMC),
        (MediaFacts("loop3", None, rotational=True, removable=False), MediaType.LOOP),
        (MediaFacts("vda", "virtio", rotational=True, removable=False), MediaType.UNKNOWN),
        (MediaFacts("sda", None, rotational=False, removable=False), MediaType.UNKNOWN),
    ],
)
def test_what_it_is_made_of(facts: MediaFacts, expected: MediaType) -> None:
    assert media_type(facts) is expected
