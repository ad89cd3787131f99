"""A whole log counted from its lines for the board: cases, days and versions, by batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.independent.groups import case_has_term
from tests.independent.recount_entities import (
    ResolvedLog,
    apply_record,
    entity_of,
    is_nullified,
)
from tests.independent.trial import Case, Interval, Trial, active_entities, interval_at, trial_of
from tests.independent.wire_records import Record

TermName = tuple[str, str]
"""Kind and name of a term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCase:
    """A case with the interval in which its onset lies, None outside the days at risk."""

    case: Case
    interval: Interval | None
    terms: frozenset[TermName]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Days and cases of a period (None: any), by treatment received, randomised arm or both."""

    period: str | None = None
    treatment: str | None = None
    randomised: str | None = None


@dataclass
class Recounted:
    """A log and what a batch count finds in it; *versions* are the accepted records of a case."""

    records: list[Record]
    resolved: ResolvedLog = field(default_factory=ResolvedLog)
    versions: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    stored: dict[Any, Any] = field(default_factory=dict[Any, Any])

    def __post_init__(self) -> None:
        for record in self.records:
            outcome = apply_record(self.resolved, record)
            if outcome == "accepted" and record["type"] == "adverse_event":
                self.versions[entity_of(record)].append(record)

    @cached_property
    def trial(self) -> Trial:
        """The trial at the end of the log."""
        return trial_of(self.resolved)

    @cached_property
    def entities(self) -> dict[str, Record]:
        """The records that count, by name."""
        return active_entities(self.resolved)

    @cached_property
    def placed(self) -> list[PlacedCase]:
        """Every case that is not nullified, with its terms where it counts."""
        return [placed_case(self.trial, case) for case in self.trial.cases]

    @property
    def treatments(self) -> list[str]:
        """The control and the active treatments of the plan."""
        named = self.trial.plan["treatments"]
        return [named["control"], *named["active"]]

    @property
    def periods(self) -> list[str]:
        """The periods of the plan."""
        return [period["id"] for period in self.trial.plan["periods"]]

    def selects(self, selection: Selection, subject: str, interval: Interval | None) -> bool:
        """Whether a day of *subject* in *interval* is in *selection*."""
        return (
            interval is not None
            and selection.period in (None, interval.period)
            and selection.treatment in (None, interval.treatment)
            and selection.randomised in (None, self.trial.arms.get(subject))
        )

    def cases(self, selection: Selection, term: TermName = ("any", "any")) -> list[Case]:
        """Return the cases of *term* in *selection*."""
        return [
            each.case
            for each in self.placed
            if term in each.terms and self.selects(selection, each.case.subject, each.interval)
        ]

    def days(self, selection: Selection) -> dict[str, list[int]]:
        """Return the days at risk of each subject with one in *selection*, in order."""
        found = {
            subject: [d for d, each in days.items() if self.selects(selection, subject, each)]
            for subject, days in self.trial.days.items()
        }
        return {subject: sorted(days) for subject, days in found.items() if days}

    def facts(self, kind: str, subject: str | None = None) -> list[Record]:
        """Return the records of a type that count, of all subjects or of one."""
        return [
            each
            for each in self.entities.values()
            if each["type"] == kind and subject in (None, each["subject"])
        ]

    def active_versions(self) -> Iterator[list[Record]]:
        """Yield the versions of each case that is not nullified or merged."""
        for case in self.trial.cases:
            yield self.versions[case.entity]

    def is_active(self, name: str) -> bool:
        """Whether the entity *name* is not nullified."""
        return name in self.resolved.entities and not is_nullified(self.resolved, name)


def recounted(records: Iterable[Record]) -> Recounted:
    """Return the batch count of *records*."""
    return Recounted(list(records))


def placed_case(trial: Trial, case: Case) -> PlacedCase:
    """Return *case* with its interval and the terms under which it counts."""
    interval = None if case.onset is None else interval_at(trial, case.subject, case.onset)
    if interval is None:
        return PlacedCase(case=case, interval=None, terms=frozenset())
    names: list[TermName] = [("any", "any")]
    names += [(kind, case.fields[kind]) for kind in ("preferred_term", "system_organ_class")]
    names += [("group", name) for name in trial.plan.get("groups", {})]
    terms = {
        (kind, name)
        for kind, name in names
        if (case.onset or 0) >= trial.collected.get((kind, name), 0)
        and case_has_term(trial, case, kind, name)
    }
    return PlacedCase(case=case, interval=interval, terms=frozenset(terms))
