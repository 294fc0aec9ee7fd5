"""Dates, numbers and sizes as people write them in Belgium."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from markupsafe import Markup

from fleet.ui.i18n import LOCALES, Language

ZONE: Final = ZoneInfo("Europe/Brussels")
_NBSP: Final = "\N{NO-BREAK SPACE}"
"""Between a number and its unit: they stay on one line."""
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

    def ago(self, value: datetime | None, now: datetime | None = None) -> Markup | str:
        """`3 minuten geleden`, with the exact moment as title; `over 2 dagen` for what is to come."""
        if value is None:
            return ""
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        told = format_timedelta(aware - (now or datetime.now(UTC)), add_direction=True, locale=self._locale)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(aware.isoformat(), self.plain_moment(aware), told)

    def sortable_moment(self, value: datetime) -> str:
        """`2026-11-22 16:02`: what every spreadsheet takes for a moment."""
        local = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(ZONE)
        return f"{local:%Y-%m-%d %H:%M}"

    def day(self, value: date | None) -> Markup | str:
        """`22 november 2026`, in a <time> element."""
        if value is None:
            return ""
        if isinstance(value, datetime):
            value = value.astimezone(ZONE).date()
        return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), format_date(value, "long", locale=self._locale))

    def weekday(self, value: date) -> str:
        """`Zondag 22 november 2026`, to begin a line; a moment is taken as its day here."""
        day = value.astimezone(ZONE).date() if isinstance(value, datetime) else value
        told: str = format_date(day, "full", locale=self._locale)
        return told[:1].upper() + told[1:]

    def number(self, value: float | None) -> str:
        """`1.250,5`."""
        return "" if value is None else str(format_decimal(value, locale=self._locale))

    def weight(self, grams: int | None) -> str:
        """Grams, from a kilogram on in kg: `850 g`, `1,85 kg`."""
        if grams is None:
            return ""
        if grams < _KILO:
            return f"{self.number(grams)}{_NBSP}g"
        return f"{self.number(round(grams / _KILO, 2))}{_NBSP}kg"

    def size(self, count: int | None) -> str:
        """Bytes in decimal units, as on the drive's own sticker: `500 GB`."""
        if count is None:
            return ""
        value, unit = float(count), 0
        while value >= _KILO and unit < len(_UNITS) - 1:
            value, unit = value / _KILO, unit + 1
        return f"{self.number(round(value, 1))}{_NBSP}{_UNITS[unit]}"

    def memory(self, count: int | None) -> str:
        """Bytes of working memory, in the binary units in which it is sold under decimal names: `8 GB`, `7,7 GB`."""
        return "" if count is None else f"{self.number(round(count / _GIB, 1))}{_NBSP}GB"

    def percent(self, share: float | None) -> str:
        """A share of one: `83 %`, with a blank in Dutch and French that does not break."""
        if share is None:
            return ""
        return f"{self.number(round(share * 100, 1))}{_NBSP}%"

    def filters(self) -> Mapping[str, Callable[..., str]]:
        """By the names that templates use."""
        return {
            "moment": self.moment,
            "ago": self.ago,
            "day": self.day,
            "weekday": self.weekday,
            "number": self.number,
            "weight": self.weight,
            "size": self.size,
            "memory": self.memory,
            "percent": self.percent,
            "initials": initials,
        }


def initials(name: str) -> str:
    """Of the first and the last word, for a person's mark: `LD` for Lies Van Damme."""
    words = name.split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()
