"""Finds the period of the plan to which a period or epoch of the source belongs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from streams.sources.rows import TreatmentRow
from streams.sources.rules.dates import day_of
from streams.sources.rules.names import treatment_id

OPEN_LABEL = "open_label"
RANDOMISED = "randomised"


class NamedPeriod(NamedTuple):
    """A period of the plan: its id and its title."""

    id: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class PeriodTable:
    """The periods of the plan in order; *is_drawn* where the plan is drawn up from the data."""

    periods: Sequence[NamedPeriod]
    is_drawn: bool = False

    @property
    def first(self) -> str:
        """The id of the first period, to which treatment belongs where the source names none."""
        return self.periods[0].id

    def find(self, name: str) -> str | None:
        """Return the id of the period that the source calls *name*; None where the plan has none.

        >>> table = PeriodTable([NamedPeriod("p1", "Double blind"), NamedPeriod("p2")])
        >>> table.find("DOUBLE BLIND"), table.find("P2"), table.find(""), table.find("Washout")
        ('p1', 'p2', 'p1', None)
        """
        if not name.strip():
            return self.first
        slug = treatment_id(name)
        if self.is_drawn:
            return OPEN_LABEL if is_open_label(name) else self.first
        for period in self.periods:
            if slug in (treatment_id(period.id), treatment_id(period.title)):
                return period.id
        return None


def is_open_label(name: str) -> bool:
    """Whether a period or epoch is not randomised, by its name."""
    words = name.casefold()
    return "open label" in words or "open-label" in words or "extension" in words


def drawn_periods(names: Iterable[str]) -> PeriodTable:
    """Return the periods of a plan that is drawn up for a study with the epochs *names*."""
    periods = [NamedPeriod(RANDOMISED, "Randomised treatment")]
    if any(map(is_open_label, names)):
        periods.append(NamedPeriod(OPEN_LABEL, "Open label"))
    return PeriodTable(periods, is_drawn=True)


def period_on(day: str, elements: Iterable[TreatmentRow]) -> str:
    """Return the period of the element that covers *day*, empty where none does."""
    for element in elements:
        start, end = day_of(element.start), day_of(element.end)
        if start and start <= day and (not end or day < end):
            return element.period
    return ""
