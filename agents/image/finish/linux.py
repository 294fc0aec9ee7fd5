"""What each step means for a Linux system: the files to write, the links to make, what must go. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, assert_never
from uuid import uuid4

from agents.errors import Failed
from agents.image.finish.edits import Edit, MakeLink, Remove, WriteFile
from agents.image.finish.wishes import Wishes
from fleet.contract.canonical import canonical
from fleet.contract.finishing import (
    FinishStep,
    ForgetHostKeys,
    GrowPartition,
    MachineIdMode,
    NewGuids,
    RecordProfile,
    SetHostName,
    SetLocale,
    SetMachineId,
    Unattend,
)
from fleet.contract.manifest import ImageManifest

PROFILE_FILE: Final = "/etc/heropstart/profile.json"
_HOST_KEY: Final = re.compile(r"ssh_host_[a-z0-9_]{1,32}_key(\.pub)?")
_OWN_NAME: Final = re.compile(r"127\.0\.1\.1\s")
"""The line of a Debian host's own name, hosts(5) and the Debian reference, 5.1.1."""
_DEFAULT_HOSTS: Final = (
    b"127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
)
_LEFT_BY_IMAGE: Final = ("/var/lib/systemd/random-seed", "/var/lib/systemd/credential.secret")
"""Secrets that systemd makes for one machine: two with the same one share it."""
_KEYBOARD_CACHE: Final = ("/etc/console-setup/cached_setup_keyboard.sh", "/etc/console-setup/cached_UTF-8_del.kmap.gz")
"""What console-setup(5) would load instead of reading /etc/default/keyboard anew."""
_ARCHIVE: Final = "/usr/lib/locale/locale-archive"


class SystemIncomplete(Failed):
    """The image lacks what its finishing builds upon. Have the image made anew."""


class Reader(Protocol):
    """What can be asked of a file system before it is changed."""

    def read(self, path: str) -> bytes | None:
        """A file's bytes; None where there is none."""

    def exists(self, path: str) -> bool:
        """Whether something has this path."""

    def names(self, folder: str) -> tuple[str, ...]:
        """The names in a folder; none where it is absent."""


@dataclass(frozen=True, slots=True)
class Change:
    """The edits of one step, and what they come to in words."""

    step: str
    value: str
    edits: tuple[Edit, ...]


def change_of(
    step: FinishStep, manifest: ImageManifest, wishes: Wishes, system: Reader, random_id: Callable[[], str] = lambda: uuid4().hex
) -> Change | None:
    """What a step changes in the files of its partition; None for a step of another kind. Raises SystemIncomplete."""
    match step:
        case SetHostName():
            return Change(step.step, wishes.host_name, _host_name(wishes.host_name, system))
        case SetMachineId():
            return _machine_id(step, system, random_id)
        case ForgetHostKeys():
            keys = [name for name in system.names("/etc/ssh") if _HOST_KEY.fullmatch(name)]
            return Change(step.step, f"{len(keys)} removed", tuple(Remove(f"/etc/ssh/{name}") for name in keys))
        case SetLocale():
            return _locale(step, system)
        case RecordProfile():
            told = manifest.software_profile
            assert told is not None  # noqa: S101 - the manifest's own rule, for the type checker
            content = {"asset_code": wishes.asset_code, "image": manifest.name, "version": manifest.version}
            data = canonical(content | {"profile": told.model_dump(mode="json")})
            return Change(step.step, told.name, (WriteFile(PROFILE_FILE, data + b"\n"),))
        case NewGuids() | GrowPartition() | Unattend():
            return None
        case _:
            assert_never(step)


def _host_name(name: str, system: Reader) -> tuple[Edit, ...]:
    present = (system.read("/etc/hosts") or _DEFAULT_HOSTS).decode("utf-8", errors="surrogateescape")
    kept = [line for line in present.splitlines() if not _OWN_NAME.match(line)]
    hosts = "\n".join([*kept, f"127.0.1.1\t{name}", ""]).encode("utf-8", errors="surrogateescape")
    return WriteFile("/etc/hostname", f"{name}\n".encode()), WriteFile("/etc/hosts", hosts)


def _machine_id(step: SetMachineId, system: Reader, random_id: Callable[[], str]) -> Change:
    """An empty file makes systemd draw an id at boot and keep it (machine-id(5)); a missing one would not be kept."""
    first_boot = step.mode is MachineIdMode.FIRST_BOOT
    data = b"" if first_boot else f"{random_id()}\n".encode()
    edits: list[Edit] = [WriteFile("/etc/machine-id", data, 0o444)]
    if system.exists("/var/lib/dbus/machine-id"):
        edits.append(MakeLink("/var/lib/dbus/machine-id", "/etc/machine-id"))
    edits += [Remove(path) for path in _LEFT_BY_IMAGE if system.exists(path)]
    return Change(step.step, "empty: made at first boot" if first_boot else "drawn at random", tuple(edits))


def _locale(step: SetLocale, system: Reader) -> Change:
    zone = f"/usr/share/zoneinfo/{step.time_zone}"
    compiled = step.locale.replace("UTF-8", "utf8")
    if not system.exists(f"/usr/lib/locale/{compiled}") and compiled.encode() not in (system.read(_ARCHIVE) or b""):
        raise SystemIncomplete(f"The image has no locale {step.locale}. {SystemIncomplete.__doc__}")
    if not system.exists(zone):
        raise SystemIncomplete(f"The image has no time zone {step.time_zone}. {SystemIncomplete.__doc__}")
    lang = f"LANG={step.locale}\n".encode()
    keyboard = f'XKBMODEL="pc105"\nXKBLAYOUT="{step.xkb_layout}"\nXKBVARIANT=""\nXKBOPTIONS=""\nBACKSPACE="guess"\n'
    console = f"KEYMAP={step.console_keymap}\nXKBLAYOUT={step.xkb_layout}\nXKBMODEL=pc105\n"
    edits: tuple[Edit, ...] = (
        WriteFile("/etc/default/locale", lang),
        WriteFile("/etc/locale.conf", lang),
        WriteFile("/etc/default/keyboard", keyboard.encode()),
        WriteFile("/etc/vconsole.conf", console.encode()),
        WriteFile("/etc/timezone", f"{step.time_zone}\n".encode()),
        MakeLink("/etc/localtime", zone),
        *(Remove(path) for path in _KEYBOARD_CACHE if system.exists(path)),
    )
    return Change(step.step, f"{step.locale}, {step.xkb_layout}, {step.time_zone}", edits)
