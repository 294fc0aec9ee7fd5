"""The files of the golden image: Debian by mmdebstrap, then its own configuration, the same for every profile."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tools.images import sources
from tools.images.profile import Profile

CONSOLES = "console=ttyS0,115200 console=tty0"
"""A login prompt on the serial line too (systemd-getty-generator(8)), where there is one; messages go to the screen."""
GRUB = f"""set timeout=1
search --no-floppy --set=root --label root
menuentry "Debian" {{
  linux /vmlinuz root=LABEL=root ro quiet {CONSOLES}
  initrd /initrd.img
}}
"""
FILES = {
    # By label, so that the bench may give the disk and its partitions new GUIDs.
    "etc/fstab": "LABEL=root / ext4 defaults,errors=remount-ro 0 1\nLABEL=ESP /boot/efi vfat umask=0077,nofail 0 2\n",
    "etc/default/grub": f'GRUB_TIMEOUT=1\nGRUB_DISTRIBUTOR=Debian\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'
    f'GRUB_CMDLINE_LINUX="{CONSOLES}"\nGRUB_DISABLE_OS_PROBER=true\n',
    "etc/hostname": "golden\n",
    "etc/hosts": "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\tgolden\n",
    "etc/systemd/network/80-cable.network": "[Match]\nType=ether\n\n[Network]\nDHCP=yes\n",
    "boot/grub/grub.cfg": GRUB,
}
_LEAVE_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*")
_KEEP = ("/usr/share/doc/*/copyright",)


def early_grub(label: str) -> str:
    """What GRUB's core is told: where its own configuration lies."""
    return f"search --no-floppy --set=root --label {label}\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n"


def build(profile: Profile, root: Path, work: Path) -> None:
    """Make the tree of a golden image, as root. Arguments and errors as of `bootstrap`."""
    bootstrap(profile.packages, root, work)
    _configure(profile, root)


def bootstrap(packages: Iterable[str], root: Path, work: Path) -> None:
    """Make a tree of Debian, as root.

    Args:
        packages: what goes in beside the packages that Debian cannot do without.
        root: the folder to fill; absent.
        work: a folder for what is needed meanwhile.

    Raises:
        sources.NoDebianSources: this computer cannot fetch Debian.
        subprocess.CalledProcessError: a program did not succeed; it has said why.
    """
    lines = sources.of_this_computer()
    listing = work / "sources.list"
    listing.write_text("".join(f"{line}\n" for line in lines))
    options = [f"--dpkgopt=path-exclude={path}" for path in _LEAVE_OUT] + [f"--dpkgopt=path-include={path}" for path in _KEEP]
    subprocess.run(
        [
            "mmdebstrap",
            *("--mode=root", "--format=directory", "--variant=minbase", "--architectures=amd64", "--quiet"),
            f"--include={','.join(packages)}",
            f"--aptopt={sources.network_options(work / 'apt.conf')}",
            "--dpkgopt=force-unsafe-io",  # the tree is thrown away if the computer stops
            *options,
            *(sources.suite(lines), str(root), str(listing)),
        ],
        check=True,
        stdin=subprocess.DEVNULL,
    )


def _configure(profile: Profile, root: Path) -> None:
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "boot" / "efi").mkdir(exist_ok=True)
    # GRUB on a BIOS loads what a grub.cfg written later by update-grub asks for.
    shutil.copytree(root / "usr/lib/grub/i386-pc", root / "boot/grub/i386-pc", ignore=shutil.ignore_patterns("*.image"))
    (root / "etc/locale.gen").write_text("".join(f"{locale} UTF-8\n" for locale in profile.locales))
    inside(root, "locale-gen")
    if "network-manager-gnome" not in profile.packages:
        inside(root, "systemctl", "enable", "systemd-networkd.service")
    inside(root, "passwd", "--lock", "root")
    forget(root)


def forget(root: Path) -> None:
    """What Debian made for this one tree must not become every device's."""
    (root / "etc/machine-id").write_text("")
    for left in (
        "var/lib/dbus/machine-id",
        "var/lib/systemd/random-seed",
        "etc/ssh/ssh_host_*",
        "etc/apt/apt.conf.d/99mmdebstrap",
    ):
        for path in root.glob(left):
            path.unlink()


def inside(root: Path, *argv: str) -> None:
    """Run a program of the tree in the tree. Raises subprocess.CalledProcessError."""
    subprocess.run(["chroot", str(root), *argv], check=True, stdin=subprocess.DEVNULL, capture_output=True)
