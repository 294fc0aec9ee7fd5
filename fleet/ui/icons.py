"""Our own icons: strokes on a grid of 24 x 24, drawn in the text's colour, never the only carrier of a meaning."""

from typing import Final

from markupsafe import Markup


class UnknownIconError(KeyError):
    """There is no icon of this name; the names are the keys of `PATHS`."""


_BOX = "M3 7l9-4 9 4v10l-9 4-9-4z"
_RING = "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z"
_SHEET = "M6 3h8l4 4v14H6zM14 3v4h4"
_RAYS = "M12 1.5V4M12 20v2.5M1.5 12H4M20 12h2.5M4.6 4.6l1.8 1.8M17.6 17.6l1.8 1.8M19.4 4.6l-1.8 1.8M6.4 17.6l-1.8 1.8"

PATHS: Final[dict[str, str]] = {
    # what a device is
    "laptop": "M5 5h14v10H5zM2 19h20M9 19h6",
    "desktop": "M3 4h18v12H3zM9 20h6M12 16v4",
    "tower": "M7 3h10v18H7zM10 7h4M10 10h4M12 17h.01",
    "tablet": "M5 3h14v18H5zM11 18h2",
    "phone": "M7 2h10v20H7zM11 18h2",
    "keypad-phone": "M7 2h10v20H7zM9 5h6v6H9zM10 15h.01M14 15h.01M10 18h.01M14 18h.01",
    "router": "M3 13h18v7H3zM7 13V6M17 13V6M7 16.5h.01M11 16.5h6",
    "drive": "M4 5h16v14H4zM12 8a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM7 16h3",
    "card-reader": "M6 9h12v12H6zM9 9V3h6v6M9 14h6",
    "device": f"{_BOX}M3 7l9 4 9-4M12 11v10",
    # where a device stands
    "received": f"{_BOX}M3 7l9 4 9-4M12 11v10M7.5 5l9 4",
    "eye": "M2 12c3-5 6.5-7 10-7s7 2 10 7c-3 5-6.5 7-10 7s-7-2-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    "eraser": "M14 4l7 7-8 8H8l-5-5zM9 9l7 7M8 19h13",
    "shield": "M12 3l8 3v6c0 5-4 8-8 9-4-1-8-4-8-9V6zM8.5 12l2.5 2.5 4.5-5",
    "octagon": "M8 3h8l5 5v8l-5 5H8l-5-5V8zM9 9l6 6M15 9l-6 6",
    "wrench": "M14.5 6.5a4.5 4.5 0 0 1 6-3l-3 3 1 2 2 1 3-3a4.5 4.5 0 0 1-6.5 5L8 20.5a2.1 2.1 0 0 1-3-3L14 9z",
    "clock": f"{_RING}M12 7v5l3.5 2",
    "install": "M12 3v11M7.5 10l4.5 4.5 4.5-4.5M4 16v4h16v-4",
    "pulse": "M2 12h5l3-7 4 14 3-7h5",
    "clipboard": "M6 5h12v16H6zM9 5V3h6v2M9 13l2 2 4-4.5",
    "check-ring": f"{_RING}M8 12l3 3 5-6",
    "pause": "M12 3l9 9-9 9-9-9zM10 9v6M14 9v6",
    "bookmark": "M6 3h12v18l-6-4-6 4z",
    "person": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c0-4 3.5-6 8-6s8 2 8 6",
    "pin": "M12 21c4-5 7-8 7-11.5a7 7 0 0 0-14 0C5 13 8 16 12 21zM12 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
    "gift": "M3 9h18v4H3zM5 13v8h14v-8M12 9v12M12 9c-5 0-6-5-3-5 2 0 3 3 3 5zM12 9c5 0 6-5 3-5-2 0-3 3-3 5z",
    "tag": "M3 3h9l9 9-9 9-9-9zM8 8h.01",
    "return": "M8 5L3 10l5 5M3 10h11a6 6 0 0 1 0 12H9",
    "lost": f"{_RING}M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .9-1 1.7M12 17h.01",
    "recycle": "M12 3l3.5 6M8.5 9L12 3M4 19l-1-3 3-5M4 19h6M20 19l1-3-3-5M14 19h6M12 16.5L14.5 19 12 21.5",
    "parts": "M4 4h7v7H4zM13 13h7v7h-7zM16.5 4l3.5 3.5-3.5 3.5L13 7.5zM4 16.5h7M7.5 13v7",
    "leave": "M14 4h6v16h-6M3 12h11M10 8l4 4-4 4",
    "merge": "M6 3v6c0 4 6 3 6 8v4M18 3v6c0 4-6 3-6 8M9 18l3 3 3-3",
    "hand-over": "M3 8h13M12 4l4 4-4 4M21 16H8M12 12l-4 4 4 4",
    # places and people
    "home": "M3 11l9-8 9 8M6 9v12h12V9M10 21v-6h4v6",
    "bench": "M2 9h20M5 9v11M19 9v11M8 9V4h8v5M5 15h14",
    "building": "M5 21V3h14v18M3 21h18M9 7h2M13 7h2M9 11h2M13 11h2M10 21v-5h4v5",
    "people": "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM2 20c0-4 3-6 7-6s7 2 7 6M16 5.5a3.5 3.5 0 0 1 0 6.5M18 15c3 1 4 3 4 5",
    "badge": "M5 6h14v15H5zM9 3h6v3M12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM8.5 18c.5-1.5 1.8-2 3.5-2s3 .5 3.5 2",
    "chain": "M10 14a4.5 4.5 0 0 1 0-6l2.5-2.5a4.5 4.5 0 0 1 6 6L17 13M14 10a4.5 4.5 0 0 1 0 6l-2.5 2.5a4.5 4.5 0 0 1-6-6L7 11",
    "chart": "M4 20h17M7 20v-7M12 20V5M17 20v-10",
    # the look of the pages
    "sun": f"M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z{_RAYS}",
    "moon": "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
    "screen": "M3 4h18v12H3zM9 20h6M12 16v4",
    # actions and signs
    "board": "M3 4h5v16H3zM10 4h5v10h-5zM17 4h4v7h-4z",
    "tasks": "M4 6l1.5 1.5L8 5M4 13l1.5 1.5L8 12M11 6h9M11 13h9M4 20h16",
    "donation": "M12 20C5 15 3 12 3 8.5A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 9 1.5C21 12 19 15 12 20z",
    "scan": "M3 8V4h4M17 4h4v4M21 16v4h-4M7 20H3v-4M7 9v6M10.5 9v6M13.5 9v6M17 9v6",
    "search": "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
    "menu": "M4 6h16M4 12h16M4 18h16",
    "check": "M4 12.5l5.5 5.5L20 6.5",
    "cross": "M6 6l12 12M18 6L6 18",
    "alert": "M12 3l10 18H2zM12 10v5M12 18h.01",
    "info": f"{_RING}M12 11v6M12 7.5h.01",
    "plus": "M12 5v14M5 12h14",
    "next": "M9 5l7 7-7 7",
    "previous": "M15 5l-7 7 7 7",
    "first": "M18 5l-7 7 7 7M6 5v14",
    "down": "M5 9l7 7 7-7",
    "up": "M5 15l7-7 7 7",
    "more": "M5 12h.01M12 12h.01M19 12h.01",
    "pencil": "M4 20l1-5L16 4l4 4L9 19zM14 6l4 4",
    "undo": "M8 5L3 10l5 5M3 10h11a5 5 0 0 1 0 10h-4",
    "columns": "M3 4h18v16H3zM9 4v16M15 4v16",
    "keyboard": "M2 6h20v12H2zM6 10h.01M10 10h.01M14 10h.01M18 10h.01M7 14h10",
    "camera": "M3 7h4l2-3h6l2 3h4v13H3zM12 9.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
    "download": "M12 3v12M7 10.5l5 5 5-5M4 21h16",
    "file": f"{_SHEET}M9 12h6M9 16h6",
    "certificate": f"{_SHEET}M9 14l2 2 4-4.5",
    "printer": "M7 9V3h10v6M7 17H3V9h18v8h-4M7 14h10v7H7z",
    "globe": f"{_RING}M3 12h18M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9s.5-6 3.5-9z",
    "sign-out": "M10 4H4v16h6M21 12H10M17 8l4 4-4 4",
    "lock": "M5 11h14v10H5zM8 11V8a4 4 0 0 1 8 0v3",
    "key": "M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 12l9-9M16 7l3 3",
    "weight": "M5 9h14l2 12H3zM12 3a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    "filter": "M3 5h18l-7 8v7l-4-2v-5z",
    "batch": "M3 12h8v8H3zM13 12h8v8h-8zM8 3h8v7H8z",
}


def icon(name: str, *, size: int = 24, label: str | None = None) -> Markup:
    """Inline SVG. Without `label` it is decoration, hidden from screen readers. Raises UnknownIconError.

    `size` is a hint in CSS pixels for a page without stylesheet; the class `icon` follows the text's size.
    """
    try:
        path = PATHS[name]
    except KeyError as error:
        raise UnknownIconError(name) from error
    spoken = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    # S704: only our own paths and escaped labels go in
    return Markup('<svg class="icon" width="{0}" height="{0}" viewBox="0 0 24 24" {1}><path d="{2}"/></svg>').format(
        size, spoken, path
    )
