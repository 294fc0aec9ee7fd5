"""Dates, numbers and sizes as people write them in Belgium."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from markupsafe import Markup

from fleet.ui.i18n import LOCALES, Language

ZONE: Final = ZoneInfo("Europe/Brussels")
_KILO: Final = 1000
_GIB: Final = 1 << 30
_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True)
class Formats:
    """Filters for one language."""

    language: Language

    @property
    def _locale(self) -> str:
        return LOCALES[self.language]

    def moment(self, value: datetime | None) -> Markup | str:
        """`22 nov. 2026 16:02`, in a <time> element with the exact value."""
        if value is None:
            return ""
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), self.plain_moment(value))

    def plain_moment(self, value: datetime) -> str:
        """`22 nov. 2026 16:02`."""
        local = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(ZONE)
        return format_datetime(local, "d MMM y HH:mm", locale=self._locale)

    def day(self, value: date | None) -> Markup | str:
        """`22 november 2026`, in a <time> element."""
        if value is None:
            return ""
        if isinstance(value, datetime):
            value = value.astimezone(ZONE).date()
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), format_date(value, "long", locale=self._locale))

    def number(self, value: float | None) -> str:
        """`1.250,5`."""
        return "" if value is None else str(format_decimal(value, locale=self._locale))

    def weight(self, grams: int | None) -> str:
        """Grams, from a kilogram on in kg: `850 g`, `1,85 kg`."""
        if grams is None:
            return ""
        return f"{self.number(grams)} g" if grams < _KILO else f"{self.number(round(grams / _KILO, 2))} kg"

    def size(self, count: int | None) -> str:
        """Bytes in decimal units, as on the drive's own sticker: `500 GB`."""
        if count is None:
            return ""
        value, unit = float(count), 0
        while value >= _KILO and unit < len(_UNITS) - 1:
            value, unit = value / _KILO, unit + 1
        return f"{self.number(round(value, 1))} {_UNITS[unit]}"

    def memory(self, count: int | None) -> str:
        """Bytes of working memory, in the binary units in which it is sold under decimal names: `8 GB`, `7,7 GB`."""
        return "" if count is None else f"{self.number(round(count / _GIB, 1))} GB"

    def filters(self) -> Mapping[str, Callable[..., str]]:
        """By the names that templates use."""
        return {
            "moment": self.moment,
            "day": self.day,
            "number": self.number,
            "weight": self.weight,
            "size": self.size,
            "memory": self.memory,
        }
