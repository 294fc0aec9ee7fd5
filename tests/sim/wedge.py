"""A hand scanner that types: physical keys as a scanner set to the US layout sends them, on a computer set to Belgian AZERTY.

Through Chromium's debugger, so that the page sees what it sees at a bench: `code` is the key, `key` what AZERTY makes of it.
"""

import time
from typing import Final

from playwright.sync_api import CDPSession

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_AZERTY: Final = "qbcdefghijkl,noparstuvzxyw"
_DIGITS: Final = dict(zip("1234567890", zip("&é\"'(§è!çà", "1234567890", strict=True), strict=True))
_SIGNS: Final = {
    "-": ("Minus", False, ")"),
    "_": ("Minus", True, "°"),
    "/": ("Slash", False, "="),
    ".": ("Period", False, ":"),
    ":": ("Semicolon", True, "M"),
}
_SHIFT: Final = 8
_BETWEEN_S: Final = 0.01


def _key(char: str) -> tuple[str, bool, str]:
    """The physical key of a character on the US layout, whether with shift, and what Belgian AZERTY makes of it."""
    if char.upper() in _LETTERS:
        typed = _AZERTY[_LETTERS.index(char.upper())]
        upper = {",": "?"}.get(typed, typed.upper())
        return f"Key{char.upper()}", char.isupper(), upper if char.isupper() else typed
    if char in _DIGITS:
        return f"Digit{char}", False, _DIGITS[char][0]
    return _SIGNS[char]


def scan(debugger: CDPSession, text: str) -> None:
    """Type a code and Enter, as fast as a scanner; the moments are given, so that a busy computer does not slow the scanner."""
    moment = time.time()
    for number, char in enumerate(text):
        code, shift, typed = _key(char)
        _press(debugger, moment + number * _BETWEEN_S, code, typed, _SHIFT if shift else 0)
    _press(debugger, moment + len(text) * _BETWEEN_S, "Enter", "Enter", 0, "\r")


def _press(debugger: CDPSession, moment: float, code: str, key: str, modifiers: int, text: str | None = None) -> None:
    told = {"code": code, "key": key, "modifiers": modifiers, "timestamp": moment}
    debugger.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": text or key, **told})
    debugger.send("Input.dispatchKeyEvent", {"type": "keyUp", **told})
