"""The worker at the bench: looks at the label that came out and scans what an independent decoder reads from it."""

from pathlib import Path

import pypdfium2
import zxingcpp

from fleet.demo.people import DemoStepFailed

_SCALE = 300 / 72


def read_label(pdf: Path) -> str:
    """What a scanner reads from a printed label. Raises DemoStepFailed."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        bitmap = document[0].render(scale=_SCALE)
        picture = bitmap.to_pil().copy()
        bitmap.close()
    finally:
        document.close()
    found = zxingcpp.read_barcodes(picture)
    if len(found) != 1:
        raise DemoStepFailed(f"{pdf}: a decoder finds {len(found)} codes on the label, not one")
    return str(found[0].text)
