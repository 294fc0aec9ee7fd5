"""Dates, numbers and units as they are written in Belgium, in three languages."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fleet.ui.i18n import Language
from fleet.web.formats import Formats, initials

NL, FR, EN = Formats(Language.NL), Formats(Language.FR), Formats(Language.EN)
NOW = datetime(2026, 11, 22, 15, 2, 30, tzinfo=UTC)


def plain(text: str) -> str:
    """With ordinary blanks: which of the blanks that do not break is used is the locale's matter."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_a_moment_is_told_in_brussels_time_with_the_exact_one_beside_it() -> None:
    assert NL.moment(NOW) == '<time datetime="2026-11-22T15:02:30+00:00">22 nov 2026 16:02</time>'
    assert EN.plain_moment(datetime(2026, 7, 1, 12, 0)) == "1 Jul 2026 14:00"  # noqa: DTZ001 - what a database without zones gives


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (timedelta(seconds=20), ("20 seconden geleden", "il y a 20 secondes", "20 seconds ago")),
        (timedelta(minutes=3), ("3 minuten geleden", "il y a 3 minutes", "3 minutes ago")),
        (timedelta(hours=1), ("1 uur geleden", "il y a 1 heure", "1 hour ago")),
        (timedelta(days=2), ("2 dagen geleden", "il y a 2 jours", "2 days ago")),
        (timedelta(days=-2), ("over 2 dagen", "dans 2 jours", "in 2 days")),
    ],
)
def test_how_long_ago_with_the_exact_moment_as_title(before: timedelta, told: tuple[str, str, str]) -> None:
    shown = [formats.ago(NOW - before, NOW) for formats in (NL, FR, EN)]
    for text, words, formats in zip(shown, told, (NL, FR, EN), strict=True):
        assert f'title="{formats.plain_moment(NOW - before)}">{words}</time>' in text
        assert (NOW - before).isoformat() in text
    assert NL.ago(None) == ""


def test_a_day_begins_in_brussels() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert NL.day(late) == '<time datetime="2026-11-23">23 november 2026</time>'
    assert [formats.weekday(late) for formats in (NL, FR)] == ["Maandag 23 november 2026", "Lundi 23 novembre 2026"]
    assert NL.weekday(date(2026, 11, 22)) == "Zondag 22 november 2026"
    assert NL.day(None) == NL.moment(None) == ""


def test_numbers() -> None:
    assert [plain(formats.number(1250.5)) for formats in (NL, FR, EN)] == ["1.250,5", "1 250,5", "1.250,5"]
    assert NL.number(None) == ""


def test_a_number_and_its_unit_stay_on_one_line() -> None:
    shown = [NL.weight(850), NL.weight(1850), NL.size(500_107_862_016), NL.memory(8 << 30), NL.percent(0.835)]
    assert [plain(text) for text in shown] == ["850 g", "1,85 kg", "500,1 GB", "8 GB", "83,5 %"]
    assert all(" " not in text for text in shown)
    assert [NL.weight(None), NL.size(None), NL.memory(None), NL.percent(None)] == [""] * 4


@pytest.mark.parametrize(
    ("name", "mark"), [("Lies Van Damme", "LD"), ("Mo", "M"), ("élodie d'Hondt", "ÉD"), ("", ""), ("  ", "")]
)
def test_initials(name: str, mark: str) -> None:
    assert initials(name) == mark
