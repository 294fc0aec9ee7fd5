"""A scanner for printed labels: an independent decoder reads the page as a scanner would read the sticker."""

import pypdfium2
import zxingcpp

SCALE = 300 / 72
"""As a printer of 300 dots an inch would draw it."""


def read_label(pdf: bytes) -> str:
    """What is in the one code on a label. Raises AssertionError when there is not exactly one."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        picture = document[0].render(scale=SCALE).to_pil().copy()
    finally:
        document.close()
    found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return str(found[0].text)
