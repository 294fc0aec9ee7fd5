import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest

from agents.image.catalogue import LocalImage
from agents.image.fit import Computer, ImageUnbootable, ImageUnfit, refuse_unbootable, refuse_unfit
from agents.image.gpt import Partition, new_table
from agents.image.writer import write_image
from agents.shell.blockdev import open_device
from fleet.contract.kinds import Architecture, Firmware
from fleet.contract.manifest import ImageManifest

Packer = Callable[..., LocalImage]
MIB = 1 << 20


def manifest_for(packed: Packer, *firmware: Firmware, architecture: Architecture | None = None) -> ImageManifest:
    return packed().manifest.model_copy(update={"firmware": firmware, "architecture": architecture})


@pytest.mark.parametrize(
    ("firmware", "architecture", "computer", "said"),
    [
        ((Firmware.UEFI,), None, Computer(firmware=Firmware.BIOS), "starts by UEFI, this computer started by BIOS"),
        ((Firmware.BIOS,), None, Computer(firmware=Firmware.UEFI), "starts by BIOS"),
        ((), Architecture.AARCH64, Computer(architecture=Architecture.X86_64), "is for aarch64 processors"),
        ((Firmware.BIOS, Firmware.UEFI), None, Computer(firmware=Firmware.BIOS), None),
        ((), None, Computer(Architecture.X86_64, Firmware.BIOS), None),
        ((Firmware.UEFI,), Architecture.X86_64, Computer(), None),
    ],
)
def test_what_both_sides_say_must_agree(
    packed: Packer, firmware: tuple[Firmware, ...], architecture: Architecture | None, computer: Computer, said: str | None
) -> None:
    manifest = manifest_for(packed, *firmware, architecture=architecture)
    if said is None:
        refuse_unfit(manifest, computer)
        return
    with pytest.raises(ImageUnfit, match=said):
        refuse_unfit(manifest, computer)


def gpt_head(kind: str | None, *, boot_code: bool = False) -> bytes:
    """The start of a disk with one partition of this type."""
    head = bytearray(MIB)
    partition = Partition("system", UUID(int=7), 2048, 20000)
    for change in new_table(16 * MIB, UUID(int=1), (partition,))[:-1]:
        head[change.offset : change.offset + len(change.data)] = change.data
    if kind is not None:
        table = bytearray(head[1024 : 1024 + 128 * 128])
        table[:16] = UUID(kind).bytes_le
        head[1024 : 1024 + len(table)] = table
        struct.pack_into("<I", head, 512 + 88, zlib.crc32(table))
        struct.pack_into("<I", head, 512 + 16, 0)
        struct.pack_into("<I", head, 512 + 16, zlib.crc32(head[512 : 512 + 92]))
    if boot_code:
        head[:4] = b"\xeb\x63\x90\x10"
    return bytes(head)


ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"


@pytest.mark.parametrize(
    ("firmware", "head", "said"),
    [
        ((Firmware.UEFI,), gpt_head(ESP), None),
        ((Firmware.UEFI,), gpt_head(None), "no EFI system partition"),
        ((Firmware.BIOS,), gpt_head(None), "no boot code"),
        ((Firmware.BIOS,), gpt_head(None, boot_code=True), None),
        ((Firmware.BIOS, Firmware.UEFI), gpt_head(ESP), "no boot code"),
        ((Firmware.UEFI,), bytes(450) + b"\xef" + bytes(61), None),
        ((Firmware.UEFI,), bytes(512), "no EFI system partition"),
        ((), bytes(512), None),
    ],
)
def test_an_image_must_have_what_its_manifest_says(
    packed: Packer, firmware: tuple[Firmware, ...], head: bytes, said: str | None
) -> None:
    manifest = manifest_for(packed, *firmware)
    if said is None:
        refuse_unbootable(manifest, head)
        return
    with pytest.raises(ImageUnbootable, match=said):
        refuse_unbootable(manifest, head)


def test_an_image_that_cannot_start_is_refused_untouched(packed: Packer, tmp_path: Path) -> None:
    image = packed()
    wrong = LocalImage(image.manifest.model_copy(update={"firmware": (Firmware.UEFI,)}), image.path)
    file = tmp_path / "target.img"
    file.write_bytes(b"\xa5" * (12 * MIB))
    with open_device(file, write=True) as device, pytest.raises(ImageUnbootable):
        write_image(device, wrong, zero_unmapped=True, stop=Event())
    assert file.read_bytes() == b"\xa5" * (12 * MIB)
