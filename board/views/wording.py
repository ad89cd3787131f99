"""Formats numbers, days and levels for pages; templates have these functions as filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from math import exp, log10
from typing import Any

from board.charts.scale import MONTHS
from board.views.table import ColumnKind

NONE = "–"
"""Stands for a number that does not exist."""

LOG_E_MAX = 700.0
"""The largest log E whose E is shown as a number."""

NUMBER_WORDS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
)  # fmt: skip


def number(value: float | None) -> str:
    """Return *value* with three significant digits, with commas from 1,000.

    >>> [number(one) for one in (1336.4, 66.67, 9.649, 0.6031, 0.0004, 5.0, None)]
    ['1,336', '66.7', '9.65', '0.603', '0.0004', '5', '–']
    """
    if value is None:
        return NONE
    size = abs(value)
    if value == 0:
        return "0"
    if size >= 1e7:
        return f"{value:.2e}"
    if size < 0.0001:
        return f"{value:.1e}"
    if size >= 999.5 or value == int(value):
        return f"{value:,.0f}"
    digits = 2 - int(log10(size) // 1)
    text = f"{value:.{digits}f}"
    return text.rstrip("0") if size < 0.1 else text


def times(value: float) -> str:
    """Return a multiple with two significant digits.

    >>> times(20.04), times(3.69), times(0.17), times(1336.4)
    ('20', '3.7', '0.17', '1,300')
    """
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if 10 <= rounded < 1e7 else f"{rounded:.2g}"


def evidence(log_e: float | None) -> str:
    """Return the e-value of a natural logarithm.

    >>> evidence(7.197), evidence(0.0), evidence(None)
    ('1,335', '1', '–')
    """
    return NONE if log_e is None else number(exp(min(log_e, LOG_E_MAX)))


def count(value: float | None) -> str:
    """Return a whole number with commas.

    >>> count(2609)
    '2,609'
    """
    return NONE if value is None else f"{value:,.0f}"


def count_word(value: int) -> str:
    """Return a number up to ten as a word, another with digits.

    >>> count_word(2), count_word(0), count_word(124)
    ('two', 'no', '124')
    """
    return NUMBER_WORDS[value] if 0 <= value < len(NUMBER_WORDS) else count(value)


def plural(value: int, singular: str, several: str = "") -> str:
    """Return the noun that fits *value*.

    >>> plural(1, "patient"), plural(0, "patient"), plural(2, "person", "people")
    ('patient', 'patients', 'people')
    """
    return singular if value == 1 else several or f"{singular}s"


def percent(value: float | None) -> str:
    """Return *value* (0 to 100) as a percentage, below 10 with one decimal place.

    >>> percent(58.33), percent(4.17), percent(0), percent(None)
    ('58 %', '4.2 %', '0 %', '–')
    """
    if value is None:
        return NONE
    return f"{value:.1f} %" if 0 < value < 9.95 else f"{value:.0f} %"


def points(value: float | None, signed: bool = True) -> str:
    """Return a difference in percentage points, *signed* where positive, to one decimal place.

    >>> points(34.97), points(-1.6), points(None)
    ('+35.0', '−1.6', '–')
    """
    return NONE if value is None else f"{value:{'+' * signed}.1f}".replace("-", "−")


def limits(low: float | None, high: float | None) -> str:
    """Return limits of a ratio; an upper limit of None is unbounded.

    >>> limits(1.956, 27.41), limits(0.03, None)
    ('1.96 to 27.4', '0.03 to ∞')
    """
    return f"{number(low)} to {'∞' if high is None else number(high)}"


def day(iso_day: str | None) -> str:
    """Return an ISO day in words.

    >>> day("2019-03-05"), day(None)
    ('5 Mar 2019', '–')
    """
    if not iso_day:
        return NONE
    parsed = date.fromisoformat(iso_day[:10])
    return f"{parsed.day} {MONTHS[parsed.month - 1]} {parsed.year}"


def ordinal_day(ordinal: int) -> str:
    """Return an ordinal day in words.

    >>> ordinal_day(737123)
    '5 Mar 2019'
    """
    return day(date.fromordinal(ordinal).isoformat())


def capitalised(text: str) -> str:
    """Return *text* with its first letter a capital, the rest as it is.

    >>> capitalised("deep vein THROMBOSIS")
    'Deep vein THROMBOSIS'
    """
    return text[:1].upper() + text[1:]


def humanize(name: str) -> str:
    """Return a name with spaces for its underscores.

    >>> humanize("under_review")
    'under review'
    """
    return name.replace("_", " ")


def joined(words: Sequence[str], last: str = "and") -> str:
    """Return *words* as a list in a sentence.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def cell(value: Any, kind: ColumnKind) -> str:
    """Return a cell of a table as text, by the kind of its column."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    by_kind: dict[ColumnKind, Callable[[Any], str]] = {
        ColumnKind.COUNT: count,
        ColumnKind.NUMBER: number,
        ColumnKind.PERCENT: percent,
        ColumnKind.DAY: day,
    }
    return by_kind.get(kind, str)(value)


FILTERS: dict[str, Callable[..., Any]] = {
    "capitalised": capitalised,
    "ordinal_day": ordinal_day,
    "number": number,
    "evidence": evidence,
    "times": times,
    "whole": count,
    "count_word": count_word,
    "percent": percent,
    "points": points,
    "day": day,
    "humanize": humanize,
    "joined": joined,
    "cell": cell,
}
"""The filters of the templates by name."""
