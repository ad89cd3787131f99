"""Converts the days and instants of a record to numbers, and refuses impossible ones."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from monitor.dates import Imputation, impute, last_day
from monitor.errors import Reason
from monitor.records import SECONDS_PER_DAY, PartialDate
from streams.records.parse import Fields, RecordRefused

PLAUSIBLE_YEARS = ("1900", "2199")
"""First and last year of as-of dates; one date far in the future would silence its study."""


def parse_instant(text: str) -> int:
    """Return the seconds since 1970-01-01 UTC of an RFC 3339 instant, without fractions.

    The form of *text* is already validated.  Raises RecordRefused where the instant does not exist
    or its year is implausible.

    >>> parse_instant("1970-01-02T00:00:01.9Z")
    86401
    """
    try:
        elapsed = datetime.fromisoformat(text[:19]) - _EPOCH
    except ValueError:
        raise RecordRefused(Reason.BAD_DATE, "`known_at` is no instant of the calendar.") from None
    check_plausible_year(text, "known_at")
    return elapsed.days * SECONDS_PER_DAY + elapsed.seconds


def check_plausible_year(text: str, field: str) -> None:
    """Raise RecordRefused for a date outside ``PLAUSIBLE_YEARS``."""
    if not PLAUSIBLE_YEARS[0] <= text[:4] <= PLAUSIBLE_YEARS[1]:
        detail = f"`{field}` lies outside the years {PLAUSIBLE_YEARS[0]} to {PLAUSIBLE_YEARS[1]}."
        raise RecordRefused(Reason.IMPLAUSIBLE_DATE, detail)


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  Naive, because both operands are UTC.


def convert_day(fields: Fields, field: str) -> None:
    """Replace the ISO day in *field* by its proleptic Gregorian ordinal, if it is given.

    The form is already validated.  Raises RecordRefused where the day does not exist.
    """
    text = fields.get(field)
    if text is not None:
        fields[field] = _parse_day(text, field)


def _parse_day(text: str, field: str) -> int:
    try:
        return _day_ordinal(text)
    except ValueError:
        detail = f"`{field}` is no day of the calendar."
        raise RecordRefused(Reason.BAD_DATE, detail, frozenset({field})) from None


@lru_cache(maxsize=8192)
def _day_ordinal(text: str) -> int:
    """Convert a day, cached: a trial has a few thousand days, whose integers its records share."""
    return date.fromisoformat(text).toordinal()


def convert_partial_date(fields: Fields, field: str) -> None:
    """Replace a full day in *field* by its ordinal, a month or a year by a PartialDate.

    Raises RecordRefused where the date does not exist.
    """
    text = fields.get(field)
    if text is None:
        return
    if len(text) == 10:
        fields[field] = _parse_day(text, field)
    elif text.startswith("0000"):
        detail = f"`{field}` is in year 0, which the calendar has not."
        raise RecordRefused(Reason.BAD_DATE, detail, frozenset({field}))
    else:
        fields[field] = PartialDate(int(text[:4]), int(text[5:]) if len(text) == 7 else None)


def check_date_order(fields: Fields, start: str, end: str) -> None:
    """Raise RecordRefused where *end* is before *start* for any completion of partial dates."""
    first, last = fields.get(start), fields.get(end)
    if first is None or last is None:
        return
    if isinstance(first, PartialDate):
        first = impute(first, Imputation.FIRST_DAY)
    if isinstance(last, PartialDate):
        last = last_day(last)
    if last < first:
        detail = f"`{end}` is before `{start}`."
        raise RecordRefused(Reason.END_BEFORE_START, detail, frozenset({end}))
