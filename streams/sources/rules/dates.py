"""Reads the dates of a source: whole texts only, as far as a date is known, never a prefix."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from streams.sources.report import Problem

NOT_A_DATE = Problem(
    "not_a_date",
    "the text is no ISO 8601 date as a whole, or is in no calendar",
    "the date counts as unknown; nothing is guessed from a part of it",
)
NO_REAL_DATE = Problem(
    "no_real_date",
    "the year lies outside 1900 to 2199, as in 9999-12-31 for a date that is open",
    "the date counts as unknown; an end counts as open",
)
YEAR_UNKNOWN = Problem("year_unknown", "the date has no year", "the date counts as unknown")

SAS_DAY_0 = date(1960, 1, 1)
YEARS = range(1900, 2200)

_ZONE = r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?"
_TIME = rf"(?:[T ](?P<clock>(?:\d\d|-)(?::(?:\d\d|-)(?::(?:\d\d|-)(?:[.,]\d+)?)?)?){_ZONE})?"
_EXTENDED = re.compile(
    rf"(?P<year>\d{{4}}|-)(?:-(?P<month>\d\d|-)(?:-(?P<day>\d\d|-))?)?{_TIME}", re.ASCII
)
_BASIC = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
    rf"(?:T(?P<clock>\d\d(?:\d\d(?:\d\d)?)?){_ZONE})?",
    re.ASCII,
)


class SourceDate(NamedTuple):
    """A date as far as it is known: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, and its time of day.

    *instant* is in UTC, and empty where the source gives no zone: a clock without one is nowhere.
    *clock* orders the versions of one day.
    """

    text: str
    clock: str = ""
    instant: str = ""

    @property
    def day(self) -> str:
        """The day, empty where the date is partial."""
        return self.text if len(self.text) == 10 else ""

    @property
    def first_day(self) -> str:
        """The first day that the date may be."""
        return f"{self.text}-01-01"[:10]

    @property
    def last_day(self) -> str:
        """The last day that the date may be."""
        if len(self.text) == 10:
            return self.text
        if len(self.text) == 4:
            return f"{self.text}-12-31"
        year, month = int(self.text[:4]), int(self.text[5:])
        following = date(year + month // 12, month % 12 + 1, 1)
        return (following - timedelta(days=1)).isoformat()


@lru_cache(maxsize=1 << 14)
def parse_date(text: str) -> SourceDate | Problem | None:
    """Return the date in *text*, None where it is empty, or what is wrong with it.

    ISO 8601 in its extended form, with parts left out as SDTM does, or a whole day in its basic
    form; any other text is no date, also where it begins with one.

    >>> parse_date("20140316"), parse_date("2014---16").text
    (SourceDate(text='2014-03-16', clock='', instant=''), '2014')
    >>> parse_date("2014-01-16T10:15").text, parse_date("2014-01-16 or so").code
    ('2014-01-16', 'not_a_date')
    """
    text = text.strip()
    if not text:
        return None
    match = _EXTENDED.fullmatch(text) or _BASIC.fullmatch(text)
    if match is None:
        return NOT_A_DATE
    if match["year"] == "-":
        return YEAR_UNKNOWN
    return _date_of(match)


def _date_of(match: re.Match[str]) -> SourceDate | Problem:
    known = [match["year"]]
    for part in (match["month"], match["day"]):
        if part is None or part == "-":
            break
        known.append(part)
    text, clock = "-".join(known), match["clock"] or ""
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
        instant = _instant_of(text, clock, match["zone"])
    except (ValueError, OverflowError):
        return NOT_A_DATE if int(match["year"]) in YEARS else NO_REAL_DATE
    return SourceDate(text, clock, instant) if int(match["year"]) in YEARS else NO_REAL_DATE


def _instant_of(text: str, clock: str, zone: str | None) -> str:
    """Return the instant in UTC, empty without a zone; raises ValueError for no time of day."""
    if not clock or "-" in clock:
        return ""
    local = datetime.fromisoformat(f"{text}T{clock.replace(',', '.')}{zone or 'Z'}")
    return f"{local.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if zone else ""


def day_of(text: str) -> str:
    """Return the whole day in *text*, empty where there is none."""
    parsed = parse_date(text)
    return parsed.day if isinstance(parsed, SourceDate) else ""


def day_after(day: str, days: int = 1) -> str:
    """Return the day *days* after *day*.

    >>> day_after("2014-02-28"), day_after("2014-03-01", -1)
    ('2014-03-01', '2014-02-28')
    """
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def day_of_sas_count(count: str) -> str:
    """Return the day of a SAS day count, for columns that say that they hold one.

    A text that is no count is returned unchanged, so that the rules report it.

    >>> day_of_sas_count("19725"), day_of_sas_count("soon")
    ('2014-01-02', 'soon')
    """
    try:
        return (SAS_DAY_0 + timedelta(days=int(float(count)))).isoformat()
    except (ValueError, OverflowError):
        return count
