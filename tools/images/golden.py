"""`make golden-image`: a bootable Debian for laptops, packed as a bench's image with its manifest and block map.

Needs root, and an apt that can fetch Debian. The same packages give the same GUIDs and file times; the image as a whole is not
promised to be the same byte for byte.
"""

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from agents.image.catalogue import LocalImage
from agents.image.pack import ImageLabel, ImageTraits, pack_image
from fleet.contract.finishing import (
    FinishStep,
    ForgetHostKeys,
    GrowPartition,
    NewGuids,
    RecordProfile,
    SetHostName,
    SetLocale,
    SetMachineId,
)
from fleet.contract.kinds import Architecture, DeviceKind, Firmware
from tools.images import disk, profile, rootfs

FINISH: tuple[FinishStep, ...] = (
    NewGuids(),
    GrowPartition(number=disk.ROOT_NUMBER),
    SetMachineId(partition=disk.ROOT_NUMBER),
    SetHostName(partition=disk.ROOT_NUMBER),
    ForgetHostKeys(partition=disk.ROOT_NUMBER),
    SetLocale(partition=disk.ROOT_NUMBER),
    RecordProfile(partition=disk.ROOT_NUMBER),
)


def make(profile_name: str, folder: Path, version: str) -> LocalImage:
    """Build and pack; the image and its manifest are in `folder` when this returns. Raises what the steps raise."""
    wanted = profile.load(profile_name)
    folder.mkdir(parents=True, exist_ok=True)
    made_at = datetime.fromtimestamp(int(os.environ.setdefault("SOURCE_DATE_EPOCH", str(int(time.time())))), UTC)
    label = ImageLabel(f"debian-{wanted.software.name}", version, "nl-BE", DeviceKind.LAPTOP)
    with tempfile.TemporaryDirectory(prefix="golden-", dir=folder) as name:
        work = Path(name)
        rootfs.build(wanted, work / "root", work)
        disk.build(work / "root", work / "disk.img", wanted.root_mib, f"{label.name}-{version}", work)
        traits = ImageTraits(
            architecture=Architecture.X86_64,
            firmware=(Firmware.BIOS, Firmware.UEFI),
            finish=FINISH,
            software_profile=wanted.software,
        )
        return pack_image(work / "disk.img", folder, label, made_at, traits=traits)


def main() -> int:
    """The command line; 1 when it cannot be done here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile", choices=sorted(path.stem for path in profile.FOLDER.glob("*.toml")))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", default=datetime.now(UTC).strftime("%Y.%m.%d"))
    asked = parser.parse_args()
    if os.geteuid() != 0:
        print("`make golden-image` needs root: the image's files belong to root. Run it with sudo.", file=sys.stderr)
        return 1
    began = time.monotonic()
    image = make(asked.profile, asked.folder, asked.version)
    size = image.path.stat().st_size
    print(f"{image.path}: {size >> 20} MiB, {image.manifest.size_bytes >> 20} MiB unpacked, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
