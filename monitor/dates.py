"""Days as proleptic Gregorian ordinals, and the imputation of partial dates."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from monitor.records import PartialDate

FOREVER = 2**22
"""The end of an open interval, as an ordinal day: later than 9999-12-31 (3,652,059)."""


class Imputation(StrEnum):
    """Rule that imputes the day of a partial date (CDISC ADaMIG date imputation)."""

    FIRST_DAY = "first_day"
    LAST_DAY = "last_day"
    TREATMENT_START = "treatment_start"


def impute(
    partial_date: PartialDate, rule: Imputation, first_treated_day: int | None = None
) -> int:
    """Impute the ordinal day of *partial_date* by *rule*.

    *first_treated_day* is the subject's first day on treatment.  ``TREATMENT_START`` uses it
    where it falls within the partial date, and otherwise imputes the first possible day.

    >>> iso(impute(PartialDate(2012, 12), Imputation.FIRST_DAY))
    '2012-12-01'
    >>> iso(impute(PartialDate(2012, None), Imputation.LAST_DAY))
    '2012-12-31'
    """
    first = date(partial_date.year, partial_date.month or 1, 1).toordinal()
    last = last_day(partial_date)
    if rule is Imputation.LAST_DAY:
        return last
    if rule is Imputation.TREATMENT_START:
        return (
            first_treated_day if first_treated_day and first <= first_treated_day <= last else first
        )
    return first


def last_day(partial_date: PartialDate) -> int:
    """Return the last possible ordinal day of *partial_date*."""
    if partial_date.month is None or partial_date.month == 12:
        return date(partial_date.year, 12, 31).toordinal()
    return (date(partial_date.year, partial_date.month + 1, 1) - timedelta(days=1)).toordinal()


def iso(day: int) -> str:
    """Format the ordinal *day* as ``YYYY-MM-DD``."""
    return date.fromordinal(day).isoformat()
