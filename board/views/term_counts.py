"""Counts of subjects and events by term in one arm, from the cases themselves."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from board.views.arms import Arm
from monitor.state.cell import COUNT_MASK
from monitor.state.study import Study


class CountedCases(StrEnum):
    """Which cases a table counts."""

    ALL = "all"
    SERIOUS = "serious"
    RELATED = "related"

    def includes(self, increment: int) -> bool:
        """Whether a case with the packed counts *increment* is counted."""
        if self is CountedCases.SERIOUS:
            return bool(increment >> 20 & COUNT_MASK)
        return self is CountedCases.ALL or bool(increment >> 40)


class TermCount(NamedTuple):
    """Subjects with at least one event, and events."""

    subjects: int
    events: int


NO_EVENTS = TermCount(0, 0)


def count_terms(study: Study, arm: Arm, counted: CountedCases) -> dict[int, TermCount]:
    """Return the counts of *arm* by term number, as the rate tables have them."""
    events: dict[int, int] = {}
    subjects: dict[int, set[int]] = {}
    for subject in study.subjects.values():
        for entity in subject.cases.values():
            if not entity.counted_versions or not counted.includes(entity.increment):
                continue
            if not arm.counts(subject, entity.period, entity.treatment):
                continue
            for term in entity.terms:
                events[term] = events.get(term, 0) + 1
                subjects.setdefault(term, set()).add(subject.number)
    return {term: TermCount(len(subjects[term]), events[term]) for term in events}
