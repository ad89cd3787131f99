"""Reads dates in the formats that a mapping names, and never guesses between day and month."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from streams.sources.mapping.errors import MappingError, nearest
from streams.sources.mapping.problems import AMBIGUOUS_DATE, EXCHANGED_DATE, UNKNOWN_DATE_FORMAT
from streams.sources.report import Problem
from streams.sources.rules.dates import day_after, day_of

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
UNKNOWN_PART = r"un[kn]?|nk|x{2,4}|\?{1,4}|-{1,4}|0{1,2}"
"""How electronic case report forms write an unknown day or month."""
UNKNOWN_PART_PATTERN = re.compile(UNKNOWN_PART, re.IGNORECASE)

DATE_CHARACTERS_MAX = 64
"""A longer text is no date; so the memory of texts already read is bounded."""

_NAMES = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS)
DIRECTIVES = {
    "%Y": r"(?P<year>\d{4})",
    "%y": r"(?P<short_year>\d{2})",
    "%m": rf"(?P<month>\d{{1,2}}|{UNKNOWN_PART})",
    "%b": rf"(?P<name>{_NAMES}|{UNKNOWN_PART})",
    "%B": rf"(?P<name>{_NAMES}|{UNKNOWN_PART})",
    "%d": rf"(?P<day>\d{{1,2}}|{UNKNOWN_PART})",
    "%H": r"(?P<hour>\d{1,2})",
    "%I": r"(?P<hour>\d{1,2})",
    "%M": r"(?P<minute>\d{2})",
    "%S": r"(?P<second>\d{2})(?:\.\d+)?",
    "%p": r"(?P<half>[ap])\.?m\.?",
    "%%": "%",
}
"""Directives of a date format, as strptime names them, with what they match."""

DAY_COUNTS: dict[str, tuple[datetime, timedelta]] = {
    "sas_days": (datetime(1960, 1, 1), timedelta(days=1)),  # noqa: DTZ001
    "sas_seconds": (datetime(1960, 1, 1), timedelta(seconds=1)),  # noqa: DTZ001
    "excel_days": (datetime(1899, 12, 30), timedelta(days=1)),  # noqa: DTZ001
}
"""Numbers of days or seconds, by the name of the format: the first day and the unit."""

_ISO = re.compile(
    r"\d{4}(-\d\d(-\d\d([T ]\d\d(:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?)?)?)?"
    r"|\d{8}(T\d{4,6}Z?)?|[\d-]{4,8}-\d\d"
)
"""ISO 8601 as CDISC uses it: whole, partial (`2014---16`), basic; the rules check the calendar."""

_DATE_SHAPE = re.compile(
    rf"(?=.*\d)(?:(?:\d{{1,4}}|{_NAMES}|un[kn]?)[-/., ]*){{2,4}}(?:[T :]*\d\d?:\d\d.*)?",
    re.IGNORECASE | re.ASCII,
)
_COUNT = re.compile(r"(-?\d{1,11})(?:\.\d+)?", re.ASCII)
_CENTURY_PIVOT = 69
"""Two digits from here on are a year of 1900, as POSIX has it."""

DateReader = Callable[[str], str | None]
"""Returns the ISO form of a text in one format, None where the text has another form."""


class DateFormats:
    """Reads the dates of a column; each text must match a format, or ISO 8601, as a whole.

    >>> formats = DateFormats(["%d-%b-%Y"])
    >>> formats.read("02-JAN-2014"), formats.read("UN-JAN-2014"), formats.read("2014-01")
    ('2014-01-02', '2014-01', '2014-01')
    >>> formats.read("01/02/2014").code
    'unknown_date_format'
    """

    def __init__(self, formats: Sequence[str]) -> None:
        self._readers = [date_reader(text) for text in formats]
        self._read_short: Callable[[str], str | Problem] = lru_cache(maxsize=1 << 14)(self._read)

    def read(self, text: str) -> str | Problem:
        """Return the ISO form of *text*, *text* itself where it is no date, or a refusal."""
        return self._read_short(text) if len(text) <= DATE_CHARACTERS_MAX else text

    def _read(self, text: str) -> str | Problem:
        matched = [iso for each in self._readers if (iso := each(text)) is not None]
        days = {iso for iso in matched if is_calendar_date(iso)}
        if len(days) > 1:
            return AMBIGUOUS_DATE
        if days:
            return days.pop()
        if is_iso_shape(text):
            return text.replace(" ", "T")
        if matched:
            return EXCHANGED_DATE if _is_exchanged(matched[0]) else matched[0]
        return UNKNOWN_DATE_FORMAT if _DATE_SHAPE.fullmatch(text) else text


def is_calendar_date(iso: str) -> bool:
    """Return whether *iso*, whole or partial, is in the calendar.

    >>> is_calendar_date("2014-02"), is_calendar_date("2014-02-30")
    (True, False)
    """
    try:
        datetime.fromisoformat(iso if len(iso) >= 10 else iso + "-01-01"[len(iso) - 4 :])
    except ValueError:
        return False
    return True


def is_iso_shape(text: str) -> bool:
    """Return whether *text* is written as an ISO 8601 date, whole, partial or basic."""
    return _ISO.fullmatch(text) is not None


def next_day(iso: str) -> str:
    """Return the day after *iso*; a partial, far or impossible date stays as it is.

    >>> next_day("2014-02-28T10:00"), next_day("2014-02"), next_day("9999-12-31")
    ('2014-03-01', '2014-02', '9999-12-31')
    """
    day = day_of(iso)
    return day_after(day) if day else iso


def month_number(text: str) -> str | None:
    """Return the two digits of a month that is a number or an English name; None for others."""
    if text.isdecimal() and text.isascii():
        return f"{int(text):02}"
    names = [name[:3] for name in MONTHS]
    return f"{names.index(text[:3].lower()) + 1:02}" if text[:3].lower() in names else None


def join_parts(year: str, month: str, day: str) -> str:
    """Return the ISO date of digits, from the year down to the first part that is "".

    >>> join_parts("2014", "02", ""), join_parts("2014", "", "16"), join_parts("", "02", "16")
    ('2014-02', '2014', '')
    """
    if not year or not month:
        return year
    return f"{year}-{month}-{day}" if day else f"{year}-{month}"


def _is_exchanged(iso: str) -> bool:
    """Return whether *iso* is a date of the calendar with day and month exchanged."""
    year, _, rest = iso[:10].partition("-")
    month, _, day = rest.partition("-")
    return bool(day) and is_calendar_date(f"{year}-{day}-{month}")


@lru_cache(maxsize=256)
def date_reader(text: str) -> DateReader:
    """Return the reader of the format *text*; raises `MappingError` where it is none."""
    if text in DAY_COUNTS:
        return lambda cell: _from_count(cell, *DAY_COUNTS[text])
    pattern = _compile(text)
    return lambda cell: _from_match(pattern.fullmatch(cell))


def _compile(text: str) -> re.Pattern[str]:
    """Compile the format *text* to a pattern of whole dates."""
    parts = re.findall(r"%.?|[^%]+", text)
    unknown = [part for part in parts if part[0] == "%" and part not in DIRECTIVES]
    if unknown:
        raise MappingError(f"{text!r} has {unknown[0]}: use {' '.join(DIRECTIVES)}")
    if not {"%Y", "%y"} & set(parts):
        hint = nearest(text, DAY_COUNTS)
        raise MappingError(f"{text!r} has no year: add %Y, or name a day count{hint}")
    try:
        pattern = "".join(DIRECTIVES.get(part) or re.escape(part) for part in parts)
        return re.compile(pattern, re.IGNORECASE | re.ASCII)
    except re.error:
        raise MappingError(f"{text!r} names a part twice: name each part once") from None


def _from_count(cell: str, first_day: datetime, unit: timedelta) -> str | None:
    match = _COUNT.fullmatch(cell)
    if match is None:
        return None
    try:
        moment = first_day + int(match[1]) * unit
    except OverflowError:
        return cell
    return moment.date().isoformat() if unit.days else moment.isoformat()


def _from_match(match: re.Match[str] | None) -> str | None:
    """Return the ISO date of the parts of *match*, without those that are unknown."""
    if match is None:
        return None
    parts = match.groupdict("")
    year = parts.get("year") or _full_year(parts["short_year"])
    month = month_number(parts.get("month") or parts.get("name", "")) or ""
    day = parts.get("day", "")
    iso = join_parts(
        year, month.replace("00", ""), f"{int(day):02}" if day.isdecimal() and int(day) else ""
    )
    return iso + _time(parts) if len(iso) == 10 and parts.get("hour") else iso


def _full_year(digits: str) -> str:
    return f"{19 if int(digits) >= _CENTURY_PIVOT else 20}{digits}"


def _time(parts: dict[str, str]) -> str:
    hours = int(parts["hour"])
    if half := parts.get("half"):
        hours = hours % 12 + (12 if half in "pP" else 0)
    seconds = parts.get("second")
    return f"T{hours:02}:{parts.get('minute') or '00'}" + (f":{seconds}" if seconds else "")
