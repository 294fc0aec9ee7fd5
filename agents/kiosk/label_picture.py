"""A label as SVG: the same layout as the PDF, for the screen and for the label printer of the browser."""

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from agents.bench.phases import PortSnapshot
from fleet.contract.bench import BenchProfile
from labels.layout import AssetLabel, Layout, arrange
from labels.qr import Symbol
from labels.stock import STOCKS, LabelSize, Resolution
from labels.text import Font, width_pt

_LINE: Final = Markup(
    '<text x="{:.2f}" y="{:.2f}" font-size="{:.2f}" font-weight="{}" textLength="{:.2f}" lengthAdjust="spacingAndGlyphs">'
    "{}</text>"
)
_WEIGHT: Final = {Font.REGULAR: "400", Font.BOLD: "700"}


@dataclass(frozen=True)
class LabelPicture:
    """An SVG with the label's own size, in millimetres."""

    svg: Markup
    width_mm: float
    height_mm: float


def label_picture(snapshot: PortSnapshot, profile: BenchProfile, size: LabelSize) -> LabelPicture:
    """The label of a port's device. Its code must be there, and the label have been drawn before, so that it is known to fit."""
    label = AssetLabel(
        code=snapshot.asset_code or "",
        organisation=profile.organisation_name,
        base_url=profile.label_base_url,
        model=snapshot.model or "",
        serial=snapshot.serial or "",
    )
    stock = STOCKS[size]
    layout = arrange(label, size, Resolution.DPI_203)
    return LabelPicture(_svg(layout, stock.width, stock.height), stock.width, stock.height)


def _svg(layout: Layout, width_mm: float, height_mm: float) -> Markup:
    points = 72 / 25.4
    lines = Markup("").join(
        # the face of the PDF is not in a browser: each line is given the width that it was laid out with
        _LINE.format(
            line.x, line.baseline, line.size_pt, _WEIGHT[line.font], width_pt(line.text, line.font, line.size_pt), line.text
        )
        for line in layout.lines
    )
    return Markup(
        '<svg class="label" viewBox="0 0 {:.2f} {:.2f}" width="{}mm" height="{}mm" aria-hidden="true">'
        '<path class="dark" transform="translate({:.3f} {:.3f}) scale({:.5f})" d="{}"/>{}</svg>'
    ).format(
        width_mm * points,
        height_mm * points,
        width_mm,
        height_mm,
        layout.symbol_x,
        layout.symbol_y,
        layout.module_pt,
        modules_path(layout.symbol),
        lines,
    )


def modules_path(symbol: Symbol) -> str:
    """The dark modules as one path, a module being one unit: runs of a row are one rectangle."""
    parts = []
    for y, row in enumerate(symbol.modules):
        x = 0
        while x < len(row):
            run = 0
            while x + run < len(row) and row[x + run]:
                run += 1
            if run:
                parts.append(f"M{x} {y}h{run}v1h-{run}z")
            x += max(run, 1)
    return "".join(parts)
