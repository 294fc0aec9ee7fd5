"""Where this computer's own apt fetches Debian from: the golden image is built from there too, so no mirror is named here."""

import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

_FORMAT = "$(SITE)\t$(RELEASE)\t$(COMPONENT)\t$(ORIGIN)"
_NETWORK = re.compile(r"Acquire::(http|https|Retries)\b")


class NoDebianSources(Exception):
    """This computer's apt knows no Debian archive. Configure one, run `apt-get update`, and try again."""


def lines(told: Iterable[str]) -> tuple[str, ...]:
    """Lines for a sources.list from those of `apt-get indextargets`: Debian's own archives, each with its components.

    Raises NoDebianSources.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for line in told:
        site, release, component, origin = line.split("\t")
        if origin == "Debian" and component not in found.setdefault((site, release), []):
            found[site, release].append(component)
    if not any(found.values()):
        raise NoDebianSources(str(NoDebianSources.__doc__))
    return tuple(f"deb {site} {release} {' '.join(parts)}" for (site, release), parts in found.items() if parts)


def suite(sources: Iterable[str]) -> str:
    """The release that the sources are of: the shortest name, since updates and security add to it."""
    return min((line.split()[2] for line in sources), key=len)


def of_this_computer() -> tuple[str, ...]:
    """Its lines. Raises NoDebianSources, subprocess.CalledProcessError."""
    argv = ["apt-get", "indextargets", "--format", _FORMAT, "Created-By: Packages"]
    return lines(_said(argv).splitlines())


def network_options(target: Path) -> Path:
    """Its proxies and retries as a file of apt options."""
    wanted = (line for line in _said(["apt-config", "dump"]).splitlines() if _NETWORK.match(line) and '""' not in line)
    target.write_text("".join(f"{line}\n" for line in wanted))
    return target


def _said(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}).stdout
