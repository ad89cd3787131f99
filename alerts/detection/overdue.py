"""Detects overdue data: cases of unallocated subjects, and sites without records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from alerts.detection.findings import DataFinding, FindingHit
from monitor.dates import FOREVER, iso
from monitor.records import AdverseEvent
from monitor.state.study import Study


@dataclass(slots=True)
class OverdueTracker:
    """Tracks cases whose subject has no allocation, and the latest record of each site.

    *unallocated_since* is the first day by case id, ordered by day; *last_record_day* is the day of
    the latest record by site.  Days are as-of dates of the study (``Study.as_of``, ordinals).
    Before *next_check_day* no limit of the plan can be exceeded, so ``check`` can be skipped.  No
    tracked day is after *last_tracked_day*.
    """

    unallocated_since: dict[str, int] = field(default_factory=dict[str, int])
    last_record_day: dict[str, int] = field(default_factory=dict[str, int])
    next_check_day: int = field(default=0, compare=False)
    last_tracked_day: int = field(default=FOREVER, compare=False)

    def advance_to(self, study: Study, day: int) -> None:
        """Set the as-of date to *day*; where it has fallen, no tracked day may be after it."""
        if day < self.last_tracked_day:
            fields = {unallocated_field: self.unallocated_since, site_field: self.last_record_day}
            for field_of, days in fields.items():
                for name in [name for name, tracked in days.items() if tracked > day]:
                    days[name], self.next_check_day = day, 0
                    if study.dirty is not None:
                        study.dirty.alerts.add(field_of(name))
        self.last_tracked_day = day

    def record_site(self, study: Study, site: str, day: int) -> None:
        """Set the day of the latest record of *site* to *day*."""
        if self.last_record_day.get(site) != day:
            self.last_record_day[site] = day
            if study.dirty is not None:
                study.dirty.alerts.add(site_field(site))

    def record_unallocated(self, study: Study, case_id: str) -> None:
        """Start tracking the case *case_id*, unless it is tracked already."""
        day = study.as_of
        if day is not None and case_id not in self.unallocated_since:
            self.unallocated_since[case_id] = day
            self.next_check_day = min(
                self.next_check_day, day + study.plan.data_limits.unallocated_days + 1
            )
            if study.dirty is not None:
                study.dirty.alerts.add(unallocated_field(case_id))

    def sort_unallocated(self) -> None:
        """Restore the order by day after cases were loaded from the store in another order."""
        self.unallocated_since = dict(sorted(self.unallocated_since.items(), key=itemgetter(1)))

    def check(self, study: Study, day: int) -> list[FindingHit]:
        """The cases and sites that exceed the plan's limits on *day*, the study's as-of date.

        Before *next_check_day* the result is empty.
        """
        findings = [*self._overdue_cases(study, day), *self._silent_sites(study, day)]
        self.next_check_day = self._find_next_check_day(study, day)
        return findings

    def _overdue_cases(self, study: Study, day: int) -> Iterator[FindingHit]:
        """Yield the cases that are unallocated for longer than the plan allows, each once."""
        overdue: list[str] = []
        for case_id, since in self.unallocated_since.items():
            if day - since <= study.plan.data_limits.unallocated_days:
                break
            overdue.append(case_id)
        for case_id in overdue:
            del self.unallocated_since[case_id]
            if study.dirty is not None:
                study.dirty.alerts.add(unallocated_field(case_id))
            case = study.entities.by_id[case_id].body
            assert isinstance(case, AdverseEvent)
            subject = study.get_or_add_subject(case.subject)
            if case_id in subject.cases and study.is_unallocated(subject):
                yield FindingHit(DataFinding.UNALLOCATED, case_id, case.preferred_term)

    def _silent_sites(self, study: Study, day: int) -> Iterator[FindingHit]:
        """Yield the sites without recent records that have subjects to follow."""
        limit_days = study.plan.data_limits.silent_site_days
        silent_since = {
            site: last_day
            for site, last_day in self.last_record_day.items()
            if day - last_day >= limit_days
        }
        for site in (
            sorted(sites_with_active_subjects(study, silent_since, day)) if silent_since else ()
        ):
            yield FindingHit(DataFinding.SILENT_SITE, f"{site} {iso(silent_since[site])}", site)

    def _find_next_check_day(self, study: Study, day: int) -> int:
        """The first day after *day* on which a limit can be exceeded without further records."""
        limits = study.plan.data_limits
        not_silent = (
            last_day
            for last_day in self.last_record_day.values()
            if day - last_day < limits.silent_site_days
        )
        next_silent_day = min(not_silent, default=day) + limits.silent_site_days
        oldest_day = next(iter(self.unallocated_since.values()), day)
        return min(next_silent_day, oldest_day + limits.unallocated_days + 1)


def sites_with_active_subjects(study: Study, sites: Iterable[str], day: int) -> set[str]:
    """Those of *sites* with a subject who is at risk after *day*, or allocated and not treated."""
    wanted = set(sites)
    return {
        subject.site
        for subject in study.subjects.values()
        if subject.site is not None and subject.site in wanted
        if (subject.spells[-1].end > day if subject.spells else subject.allocated_arm is not None)
    }


def unallocated_field(case_id: str) -> str:
    """The field of the stored row that holds since when the case *case_id* is unallocated."""
    return f"u|{case_id}"


def site_field(site: str) -> str:
    """The field of the stored row that holds the day of the latest record of *site*."""
    return f"h|{site}"
