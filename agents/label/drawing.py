"""Drawing a device's label into the bench's folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from agents.errors import Failed, Refused
from agents.shell.files import write_whole
from labels.layout import AssetLabel, LabelDoesNotFitError
from labels.pdf import asset_label
from labels.qr import LabelAddressError, QrTooLongError
from labels.stock import LabelSize, Resolution


class LabelImpossible(Refused):
    """This label cannot be drawn. Choose another label stock, or have the service's address changed."""


class LabelNotStored(Failed):
    """The label could not be stored. See to it that the bench's folder can be written and has room."""


@dataclass(frozen=True, slots=True)
class DrawnLabel:
    """A label that lies ready for the printer. `payload` is what its QR code says; `sha256` is of the PDF, hex."""

    asset_code: str
    path: Path
    payload: str
    sha256: str


def draw_label(
    label: AssetLabel,
    folder: Path,
    *,
    size: LabelSize = LabelSize.SMALL_50X25,
    resolution: Resolution = Resolution.DPI_203,
    position: int = 1,
) -> DrawnLabel:
    """Draw a label as `CODE.pdf`; the same label drawn again is the same file, byte for byte.

    Args:
        label: what it says.
        folder: where the bench keeps its labels; made when absent.
        size: the stock.
        resolution: the printer's.
        position: on a sheet, which label of the sheet.

    Raises:
        LabelImpossible: address, code or text cannot stand on this stock; nothing was stored.
        LabelNotStored: the folder cannot be written.
    """
    try:
        pdf = asset_label(label, size, resolution=resolution, position=position)
    except (LabelDoesNotFitError, LabelAddressError, QrTooLongError) as error:
        raise LabelImpossible(str(error)) from error
    path = folder / f"{label.code}.pdf"
    try:
        write_whole(path, pdf)
    except OSError as error:
        raise LabelNotStored(f"{path}: {error.strerror}. {LabelNotStored.__doc__}") from error
    return DrawnLabel(label.code, path, label.payload, hashlib.sha256(pdf).hexdigest())
