"""The state of one subject: its active entities and its days at risk."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter

from monitor.exposure.doses import DoseCoverage, DosedDays
from monitor.exposure.person_time import DayRange, Spell
from monitor.state.case_index import CaseIndex, PairCases
from monitor.state.entities import Entity

IS_COUNTED = attrgetter("counted_versions")


@dataclass(slots=True)
class SubjectState:
    """One subject: its active entities by id, and its days at risk.

    *facts* are entities other than cases and administrations, and *administrations* are doses, None
    where there is none.  *period_starts* holds (period, first day of
    treatment), whether or not the treatment put the subject at risk.  *counts* holds the packed
    counts of the subject in each cell, by table number and term number.  *index* is there for a
    subject of many cases, *dose_coverage* and *pair_cases* (by the number of the group) where the
    plan has groups that need them.  *exempt_days* holds, by term number, the united days on which
    the subject is not at risk by a record; None where it has no such record.
    """

    number: int
    name: str
    counts: dict[int, dict[int, int]] = field(default_factory=dict[int, dict[int, int]])
    facts: dict[str, Entity] = field(default_factory=dict[str, Entity])
    cases: dict[str, Entity] = field(default_factory=dict[str, Entity])
    spells: tuple[Spell, ...] = ()
    period_starts: tuple[tuple[int, int], ...] = ()
    doses: tuple[DosedDays, ...] = ()
    allocated_arm: int | None = None
    site: str | None = None
    administrations: dict[str, Entity] | None = None
    dose_coverage: DoseCoverage | None = None
    pair_cases: dict[int, PairCases] | None = None
    index: CaseIndex | None = None
    exempt_days: dict[int, tuple[DayRange, ...]] | None = None

    @property
    def start(self) -> int | None:
        """The first ordinal day of a treatment or administration, or None."""
        first = self.doses[0].first if self.doses else None
        for _, day in self.period_starts:
            if first is None or day < first:
                first = day
        return first

    @property
    def uncounted_cases(self) -> list[str]:
        """The ids of the active cases that are not counted."""
        if self.index is not None:
            return list(self.index.uncounted)
        return [name for name, entity in self.cases.items() if not entity.counted_versions]

    @property
    def has_uncounted_cases(self) -> bool:
        """Whether an active case is not counted."""
        if self.index is not None:
            return bool(self.index.uncounted)
        return not all(map(IS_COUNTED, self.cases.values()))
