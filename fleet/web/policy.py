"""The security headers of every answer."""

from typing import Final

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_FIXED: Final = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), payment=(), usb=()",
    # what a signed-in person sees must not stay in a cache of a shared computer
    "Cache-Control": "no-store",
}


def security_headers(public_url: str) -> dict[str, str]:
    """Headers to set where an answer does not say otherwise; HTTPS is made to stick where it is used."""
    if public_url.lower().startswith("https://"):
        return _FIXED | {"Strict-Transport-Security": "max-age=31536000"}
    return dict(_FIXED)
