"""The vigil over a study's data: what is looked at as records come in and days pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from alerts.detection.findings import Finding, Found
from monitor.dates import iso
from monitor.records import AdverseEvent
from monitor.state.study import Study


@dataclass(slots=True)
class Vigil:
    """Which cases wait for their subject, and when each site was last heard of.

    *waiting* holds since which day by case, in the order of these days, *heard* the day of the
    latest record by site.  Both are days of the study (``as_of``) on which a record came in.
    Before *next_look* no day can bring anything: neither is at its limit.
    """

    waiting: dict[str, int] = field(default_factory=dict[str, int])
    heard: dict[str, int] = field(default_factory=dict[str, int])
    next_look: int = field(default=0, compare=False)

    def hear(self, study: Study, site: str, day: int) -> None:
        """Note that *site* was heard of on *day*."""
        if self.heard.get(site) != day:
            self.heard[site] = day
            if study.trace is not None:
                study.trace.duties.add(heard_field(site))

    def wait(self, study: Study, thing: str) -> None:
        """Note that the case *thing* waits for its subject from today on, if not for longer."""
        day = study.as_of
        if day is not None and thing not in self.waiting:
            self.waiting[thing] = day
            self.next_look = min(self.next_look, day + study.plan.limits.unallocated_days + 1)
            if study.trace is not None:
                study.trace.duties.add(waiting_field(thing))

    def order(self) -> None:
        """Put those that wait in the order in which they came, after they were read in another."""
        self.waiting = dict(sorted(self.waiting.items(), key=itemgetter(1)))

    def look(self, study: Study, day: int) -> list[Found]:
        """What *day*, that of the study, has brought; before *next_look* none brings anything."""
        found = [*self._overdue(study, day), *self._silent(study, day)]
        self.next_look = self._next_look(study, day)
        return found

    def _overdue(self, study: Study, day: int) -> Iterator[Found]:
        """The cases that waited longer than the plan lets them, and wait still; each once."""
        due: list[str] = []
        for thing, since in self.waiting.items():
            if day - since <= study.plan.limits.unallocated_days:
                break
            due.append(thing)
        for thing in due:
            del self.waiting[thing]
            if study.trace is not None:
                study.trace.duties.add(waiting_field(thing))
            case = study.ledger.things[thing].body
            assert isinstance(case, AdverseEvent)
            subject = study.subject(case.subject)
            if thing in subject.cases and study.waiting(subject):
                yield Found(Finding.UNALLOCATED, thing, case.preferred_term)

    def _silent(self, study: Study, day: int) -> Iterator[Found]:
        """The sites that were last heard of too long ago, and have subjects to follow."""
        most = study.plan.limits.silent_site_days
        last = {site: heard for site, heard in self.heard.items() if day - heard >= most}
        for site in sorted(followed(study, last, day)) if last else ():
            yield Found(Finding.SILENT_SITE, f"{site} {iso(last[site])}", site)

    def _next_look(self, study: Study, day: int) -> int:
        """The first day that can bring anything: a site heard of from now on is silent later."""
        limits = study.plan.limits
        ahead = (heard for heard in self.heard.values() if day - heard < limits.silent_site_days)
        silence = min(ahead, default=day) + limits.silent_site_days
        first = next(iter(self.waiting.values()), day)
        return min(silence, first + limits.unallocated_days + 1)


def followed(study: Study, sites: Iterable[str], day: int) -> set[str]:
    """Those of *sites* from which records are due: somebody is at risk there, or soon will be."""
    wanted = set(sites)
    return {
        subject.site
        for subject in study.subjects.values()
        if subject.site is not None and subject.site in wanted
        if (subject.spells[-1].end > day if subject.spells else subject.allocated is not None)
    }


def waiting_field(thing: str) -> str:
    """The name under which it is kept since when a case waits."""
    return f"u|{thing}"


def heard_field(site: str) -> str:
    """The name under which it is kept when a site was last heard of."""
    return f"h|{site}"
