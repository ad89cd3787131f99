"""Days near an administration, for groups that need a dose shortly before the event."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from monitor.dates import FOREVER


class DosedDays(NamedTuple):
    """First and last ordinal day of one administration, both inclusive."""

    first: int
    last: int


@dataclass(slots=True)
class DoseCoverage:
    """Administrations in order of their first days, with the latest end so far beside each.

    *latest_ends* holds the latest last day of each administration and those before it, because
    an early one may end after a later one.
    """

    doses: Sequence[DosedDays]
    latest_ends: list[int]

    @classmethod
    def of(cls, doses: Iterable[DosedDays]) -> DoseCoverage:
        """Return the coverage of *doses*."""
        ordered = sorted(doses)
        return cls(ordered, list(accumulate((dose.last for dose in ordered), max)))

    def add(self, doses: Sequence[DosedDays], dose: DosedDays) -> None:
        """Add *dose*; *doses* are all administrations in order, with it."""
        index, ends = bisect_left(doses, dose), self.latest_ends
        ends.insert(index, max(dose.last, ends[index - 1]) if index else dose.last)
        self.doses = doses
        for later in range(index + 1, len(ends)):
            if ends[later] >= dose.last:
                break
            ends[later] = dose.last

    def is_near(self, onset: int, within_days: int) -> bool:
        """Whether *onset* is from a dose's first day to *within_days* after its last day."""
        started = bisect_right(self.doses, (onset, FOREVER))
        return started > 0 and onset <= self.latest_ends[started - 1] + within_days

    def ranges_not_near(self, dose: DosedDays, within_days: int) -> Iterator[tuple[int, int]]:
        """Yield the ranges ``[start, end)`` of days that are near *dose* and near none of these."""
        day, end = dose.first, dose.last + within_days + 1
        while day < end:
            started = bisect_right(self.doses, (day, FOREVER))
            covered_end = self.latest_ends[started - 1] + within_days + 1 if started else 0
            if covered_end > day:
                day = covered_end
                continue
            next_first = self.doses[started].first if started < len(self.doses) else FOREVER
            yield day, min(end, next_first)
            day = next_first
