"""What a Belgian AZERTY computer makes of a scanner that is set to a US keyboard, taken back.

Pages in a browser read the physical keys and never come here; this is for a field without JavaScript and for a terminal.
"""

from typing import Final

_US_PLAIN: Final = "1234567890-=qwertyuiop[]asdfghjkl;'\\zxcvbnm,./"
_BE_PLAIN: Final = "&é\"'(§è!çà)-azertyuiop^$qsdfghjklmùµwxcvbn,;:="
_US_SHIFT: Final = '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|ZXCVBNM<>?'
_BE_SHIFT: Final = "1234567890°_AZERTYUIOP¨*QSDFGHJKLM%£WXCVBN?./+"
_TO_US: Final = str.maketrans(_BE_PLAIN + _BE_SHIFT, _US_PLAIN + _US_SHIFT)
_TELLTALE: Final = frozenset("&é\"'(§è!çà)")
"""The row of digits without shift: no asset code and no address of ours holds these, every garbled code holds a digit."""


def us_from_belgian(text: str) -> str | None:
    """The text as a US scanner meant it, or None when nothing tells that a Belgian keyboard was in between."""
    return text.translate(_TO_US) if _TELLTALE & set(text) else None
