"""The bench's installation as one squashfs: Python's library, the bench extra's packages, this project; nothing of the server.

Python imports over the machine's 9p root take two to three times as long as from an image; and an agent that runs from this
bundle proves that a bench needs no more than `pip install heropstart[bench]`.
"""

import compileall
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "heropstart"
PACKAGES = ("agents", "fleet", "labels")
SITE = "site"
"""Where in the image the packages are; Python's own library stands where PYTHONHOME expects it."""
_NOT_OF_THE_LIBRARY = (
    "test",
    "tests",
    "site-packages",
    "dist-packages",
    "idlelib",
    "tkinter",
    "ensurepip",
    "config-*",
    "*.opt-*.pyc",
)


def build(image: Path, scratch: Path, extra: str = "bench") -> None:
    """Make the image. Raises PackageNotFoundError when something that the extra names is not installed."""
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, scratch / "lib" / library.name, ignore=shutil.ignore_patterns(*_NOT_OF_THE_LIBRARY))
    site = scratch / SITE
    for name in set(_closure(PROJECT, frozenset({extra}), set())):
        _copy(name, site)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(site, quiet=2, workers=0)
    subprocess.run(
        ["mksquashfs", scratch, image, "-quiet", "-no-progress", "-noappend", "-comp", "lz4", "-all-root"],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _closure(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> Iterator[str]:
    """A distribution and all that it requires in this environment."""
    if (name, extras) in seen:
        return
    seen.add((name, extras))
    yield name
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield from _closure(re.sub(r"[-_.]+", "-", requirement.name).lower(), frozenset(requirement.extras), seen)


def _copy(name: str, target: Path) -> None:
    """A distribution's installed files: not its scripts, nor what makes an editable installation point elsewhere."""
    for file in distribution(name).files or ():
        source = Path(str(file.locate()))
        if ".." in file.parts or file.suffix == ".pth" or not source.is_file():
            continue
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / file)
