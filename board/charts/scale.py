"""Scales of charts: values to positions on an axis, and the ticks of the axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil, floor, isfinite, log10

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_NICE_STEPS = (1, 2, 5, 10)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)


@dataclass(frozen=True, slots=True)
class LinearScale:
    """Maps *low* to *start* and *high* to *end*, straight between and beyond.

    >>> LinearScale(0, 10, 100, 200).position(2.5)
    125.0
    """

    low: float
    high: float
    start: float
    end: float

    def position(self, value: float) -> float:
        """Return the position of *value*; a scale without width puts all values at its start."""
        if self.high == self.low:
            return self.start
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def clamped(self, value: float) -> float:
        """Return the position of *value*, held within the axis."""
        return self.position(min(max(value, self.low), self.high))

    def value(self, position: float) -> float:
        """Return the value at *position*: the inverse of ``position``."""
        return self.low + (position - self.start) / (self.end - self.start) * (self.high - self.low)


@dataclass(frozen=True, slots=True)
class LogScale:
    """Maps positive values by their logarithm; zero and less stand at the low end.

    >>> LogScale(0.1, 1000, 0, 400).position(1)
    100.0
    """

    low: float
    high: float
    start: float
    end: float

    def position(self, value: float) -> float:
        """Return the position of *value*, held within the axis."""
        held = min(max(value, self.low), self.high)
        linear = LinearScale(log10(self.low), log10(self.high), self.start, self.end)
        return linear.position(log10(held))

    def clamped(self, value: float) -> float:
        """Return the position of *value*: every value is held within the axis."""
        return self.position(value)

    def value(self, position: float) -> float:
        """Return the value at *position*: the inverse of ``position`` within the axis."""
        linear = LinearScale(log10(self.low), log10(self.high), self.start, self.end)
        return 10 ** linear.value(position)


def linear_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about *count* round values from *low* to *high*.

    >>> linear_ticks(0, 36)
    [0.0, 10.0, 20.0, 30.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / max(count, 1)
    power = 10.0 ** floor(log10(rough))
    step = next(nice * power for nice in _NICE_STEPS if nice * power >= rough * (1 - 1e-9))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int = 6) -> list[float]:
    """Return the powers of ten from *low* to *high*, thinned to about *count*.

    >>> log_ticks(0.1, 2000)
    [0.1, 1.0, 10.0, 100.0, 1000.0]
    """
    first, last = ceil(log10(low) - 1e-9), floor(log10(high) + 1e-9)
    stride = max(1, ceil((last - first + 1) / max(count, 1)))
    return [10.0**power for power in range(first, last + 1) if power % stride == 0]


def log_bounds(values: Sequence[float], low: float = 0.1, high: float = 1000.0) -> LogScale:
    """Return a scale of width 1 whose ends are powers of ten around *values*, *low* and *high*."""
    positive = [value for value in values if value > 0 and isfinite(value)]
    ends = [*positive, low, high]
    return LogScale(
        10.0 ** floor(log10(min(ends)) + 1e-9), 10.0 ** ceil(log10(max(ends)) - 1e-9), 0, 1
    )


def day_ticks(low: int, high: int, count: int = 6) -> list[tuple[int, str]]:
    """Return first days of months from *low* to *high* (ordinals), about *count*, with labels.

    >>> [
    ...     label
    ...     for _, label in day_ticks(date(2017, 2, 1).toordinal(), date(2020, 1, 25).toordinal())
    ... ]
    ['Jul 2017', 'Jan 2018', 'Jul 2018', 'Jan 2019', 'Jul 2019', 'Jan 2020']
    """
    months = _firsts_of_months(low, high)
    step = next((one for one in _MONTH_STEPS if len(months) / one <= count), _MONTH_STEPS[-1])
    return [
        (day.toordinal(), f"{MONTHS[day.month - 1]} {day.year}")
        for day in months
        if (day.year * 12 + day.month - 1) % step == 0
    ]


def _firsts_of_months(low: int, high: int) -> list[date]:
    first, last = date.fromordinal(low), date.fromordinal(high)
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    days = [date(number // 12, number % 12 + 1, 1) for number in numbers]
    return [day for day in days if low <= day.toordinal() <= high]


def step_path(points: Sequence[tuple[float, float]], end: float | None = None) -> str:
    """Return the path data of a step line: each point holds until the next, the last until *end*.

    >>> step_path([(0, 5), (10, 2)], 20)
    'M0 5H10V2H20'
    """
    if not points:
        return ""
    x, y = points[0]
    parts = [f"M{coordinate(x)} {coordinate(y)}"]
    for (_, before), (after_x, after) in pairwise(points):
        parts.append(f"H{coordinate(after_x)}")
        if after != before:
            parts.append(f"V{coordinate(after)}")
    if end is not None and end > points[-1][0]:
        parts.append(f"H{coordinate(end)}")
    return "".join(parts)


def coordinate(value: float) -> str:
    """Return a coordinate with at most two decimal places.

    >>> coordinate(12.30001), coordinate(7.0)
    ('12.3', '7')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")
