"""The vigil over a study's data: what is looked at as records come in and days pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from alerts.detection.findings import DataFinding, FindingHit
from monitor.dates import iso
from monitor.records import AdverseEvent
from monitor.state.study import Study


@dataclass(slots=True)
class OverdueTracker:
    """Which cases wait for their subject, and when each site was last heard of.

    *waiting* holds since which day by case, in the order of these days, *heard* the day of the
    latest record by site.  Both are days of the study (``as_of``) on which a record came in.
    Before *next_look* no day can bring anything: neither is at its limit.
    """

    unallocated_since: dict[str, int] = field(default_factory=dict[str, int])
    last_record_day: dict[str, int] = field(default_factory=dict[str, int])
    next_check_day: int = field(default=0, compare=False)

    def record_site(self, study: Study, site: str, day: int) -> None:
        """Note that *site* was heard of on *day*."""
        if self.last_record_day.get(site) != day:
            self.last_record_day[site] = day
            if study.dirty is not None:
                study.dirty.alerts.add(site_field(site))

    def record_unallocated(self, study: Study, case_id: str) -> None:
        """Note that the case *thing* waits for its subject from today on, if not for longer."""
        day = study.as_of
        if day is not None and case_id not in self.unallocated_since:
            self.unallocated_since[case_id] = day
            self.next_check_day = min(
                self.next_check_day, day + study.plan.data_limits.unallocated_days + 1
            )
            if study.dirty is not None:
                study.dirty.alerts.add(unallocated_field(case_id))

    def sort_unallocated(self) -> None:
        """Put those that wait in the order in which they came, after they were read in another."""
        self.unallocated_since = dict(sorted(self.unallocated_since.items(), key=itemgetter(1)))

    def check(self, study: Study, day: int) -> list[FindingHit]:
        """What *day*, that of the study, has brought; before *next_look* none brings anything."""
        findings = [*self._overdue_cases(study, day), *self._silent_sites(study, day)]
        self.next_check_day = self._find_next_check_day(study, day)
        return findings

    def _overdue_cases(self, study: Study, day: int) -> Iterator[FindingHit]:
        """The cases that waited longer than the plan lets them, and wait still; each once."""
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
        """The sites that were last heard of too long ago, and have subjects to follow."""
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
        """The first day that can bring anything: a site heard of from now on is silent later."""
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
    """Those of *sites* from which records are due: somebody is at risk there, or soon will be."""
    wanted = set(sites)
    return {
        subject.site
        for subject in study.subjects.values()
        if subject.site is not None and subject.site in wanted
        if (subject.spells[-1].end > day if subject.spells else subject.allocated_arm is not None)
    }


def unallocated_field(case_id: str) -> str:
    """The name under which it is kept since when a case waits."""
    return f"u|{case_id}"


def site_field(site: str) -> str:
    """The name under which it is kept when a site was last heard of."""
    return f"h|{site}"
