"""Software profiles: what a programme's devices hold, as data in `profiles/`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from fleet.contract.finishing import SoftwareProfile

FOLDER = Path(__file__).parent / "profiles"
BASE_PACKAGES = (
    # starts and keeps running
    ("systemd-sysv", "systemd-timesyncd", "udev", "dbus", "linux-image-amd64", "zstd", "e2fsprogs"),
    # starts from disk, on BIOS and on UEFI, Secure Boot included
    ("grub-pc-bin", "grub-efi-amd64-bin", "grub-efi-amd64-signed", "grub2-common", "shim-signed", "dosfstools"),
    # speaks people's languages, on their keyboards
    ("locales", "tzdata", "console-setup", "keyboard-configuration", "kbd"),
    # can be worked with and kept up to date
    ("apt", "ca-certificates", "iproute2", "less", "nano", "sudo"),
)


@dataclass(frozen=True)
class Profile:
    """A profile: what is recorded on each device, what is installed, and how large the system's partition is."""

    software: SoftwareProfile
    packages: tuple[str, ...]
    locales: tuple[str, ...]
    root_mib: int


def load(name: str) -> Profile:
    """A profile by its name. Raises FileNotFoundError, KeyError, pydantic.ValidationError: the file tells where."""
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text())
    software = SoftwareProfile(
        name=data["name"],
        office=data.get("office"),
        browser=data.get("browser"),
        eid_middleware=data.get("eid_middleware"),
        languages=tuple(data["locales"]),
    )
    packages = (*(package for group in BASE_PACKAGES for package in group), *data["packages"])
    return Profile(software, packages, tuple(data["locales"]), data["root_mib"])
