"""Screens, from the EDID that the kernel keeps under `class/drm` (VESA E-EDID 1.4)."""

from pathlib import Path
from typing import Final

from agents.identify.machine.roots import Roots, folders, text
from fleet.contract.hardware import Screen

_HEADER: Final = b"\x00\xff\xff\xff\xff\xff\xff\x00"
_BLOCK: Final = 128
_MAKER: Final = slice(8, 10)
_SIZE_CM: Final = slice(21, 23)
_FIRST_TIMING: Final = 54
_MM_PER_CM: Final = 10
_BUILT_IN: Final = ("eDP", "LVDS", "DSI")
"""Connector types of panels that belong to the machine (drm_mode.h)."""


def read_screens(roots: Roots) -> tuple[Screen, ...]:
    """Every screen that is connected now."""
    found = []
    for folder in folders(roots.sys / "class" / "drm"):
        if text(folder / "status") == "connected":
            screen = parse_edid(_connector(folder), _edid(folder))
            if screen is not None:
                found.append(screen)
    return tuple(found)


def parse_edid(connector: str, edid: bytes) -> Screen | None:
    """The screen of an EDID; None when the bytes are none, or damaged."""
    if len(edid) < _BLOCK or edid[:8] != _HEADER or sum(edid[:_BLOCK]) % 256:
        return None
    timing = edid[_FIRST_TIMING : _FIRST_TIMING + 18]
    detailed = timing[0] or timing[1]
    width_mm = timing[12] | (timing[14] >> 4) << 8 if detailed else 0
    height_mm = timing[13] | (timing[14] & 15) << 8 if detailed else 0
    centimetres = edid[_SIZE_CM]
    return Screen(
        connector=connector,
        built_in=connector.startswith(_BUILT_IN),
        manufacturer=_maker(edid[_MAKER]),
        width_mm=width_mm or centimetres[0] * _MM_PER_CM or None,
        height_mm=height_mm or centimetres[1] * _MM_PER_CM or None,
        width_px=(timing[2] | (timing[4] >> 4) << 8) or None if detailed else None,
        height_px=(timing[5] | (timing[7] >> 4) << 8) or None if detailed else None,
    )


def _connector(folder: Path) -> str:
    """`card0-eDP-1` is the connector eDP-1."""
    return folder.name.partition("-")[2] or folder.name


def _edid(folder: Path) -> bytes:
    try:
        return (folder / "edid").read_bytes()
    except OSError:
        return b""


def _maker(raw: bytes) -> str | None:
    """Three letters of five bits each, A being 1."""
    packed = int.from_bytes(raw, "big")
    letters = [(packed >> shift) & 31 for shift in (10, 5, 0)]
    return "".join(chr(64 + letter) for letter in letters) if all(1 <= letter <= 26 for letter in letters) else None  # noqa: PLR2004 - the alphabet
