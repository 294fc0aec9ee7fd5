"""The security headers of every answer, and what a page with the camera may do beyond them."""

from enum import Enum
from typing import Final

REPORT_PATH: Final = "/csp-report"
"""Where browsers tell what the policy kept from happening. By `report-uri`: every browser has it, it works over plain HTTP and
tells at once, where `report-to` (which would take its place) waits up to a minute and asks for HTTPS."""


def _csp(scripts: str) -> str:
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        f"report-uri {REPORT_PATH}"
    )


def _permissions(camera: str) -> str:
    """No page asks for anything but the camera; clipboard-write and fullscreen stay as browsers have them."""
    closed = ("accelerometer", "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment", "serial", "usb")
    return ", ".join([f"camera={camera}", *(f"{name}=()" for name in closed)])


CSP: Final = _csp("'self'")
_FIXED: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": _permissions("()"),
    # what a signed-in person sees must not stay in a cache of a shared computer
    "Cache-Control": "no-store",
}


class Policy(Enum):
    """What a page may do: `render(..., policy=Policy.SCAN)`. The value holds the headers that differ from every answer's."""

    PAGE = ()
    SCAN = (
        # the barcode reader is WebAssembly, which browsers count as code that is made while running
        ("Content-Security-Policy", _csp("'self' 'wasm-unsafe-eval'")),
        ("Permissions-Policy", _permissions("(self)")),
    )

    @property
    def headers(self) -> dict[str, str]:
        """Headers to set on the answer; the guard leaves them as they are."""
        return dict(self.value)


def security_headers(public_url: str) -> dict[str, str]:
    """Headers to set where an answer does not say otherwise; HTTPS is made to stick where it is used."""
    if public_url.lower().startswith("https://"):
        return _FIXED | {"Strict-Transport-Security": "max-age=31536000"}
    return dict(_FIXED)
