"""Addresses that a form or a link may send people to: only our own."""

from urllib.parse import urlsplit


def own_path(address: str | None, default: str = "/") -> str:
    """The path and query when it is one of ours, else `default` (no open redirect).

    Browsers read a backslash as a slash and drop control characters, so neither may be there.
    """
    if not address or not address.startswith("/") or address.startswith("//"):
        return default
    if "\\" in address or any(ord(character) <= ord(" ") for character in address):
        return default
    parts = urlsplit(address)
    return default if parts.scheme or parts.netloc else address
