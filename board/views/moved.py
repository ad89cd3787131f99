"""Terms whose evidence or counts moved between two states of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from board.views.rate_lines import RateLine, evidence_of, rate_lines
from board.views.rate_selection import RateSelection
from board.views.table import Column, ColumnKind, Table, table_of_items
from monitor.state.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTerm:
    """A term then and now: subjects on treatment and control, and e-value (1 without a watch)."""

    term: str
    treated_then: int
    treated_now: int
    control_then: int
    control_now: int
    e_then: float
    e_now: float

    @property
    def factor(self) -> float:
        """By how much the evidence was multiplied."""
        return self.e_now / self.e_then if self.e_then else 1.0


def moved_terms(then: Study, now: Study, selection: RateSelection) -> list[MovedTerm]:
    """Return the terms with another subject or other evidence than *then*, most moved first."""
    before = {
        line.term: line for line in rate_lines(then, selection, (), evidence_of(then, selection))
    }
    after = rate_lines(now, selection, (), evidence_of(now, selection))
    moved = [_moved(before.get(line.term), line) for line in after]
    changed = [
        each
        for each in moved
        if (each.treated_then, each.control_then) != (each.treated_now, each.control_now)
    ]
    return sorted(changed, key=lambda each: (-each.factor, each.term))


def moved_table(moved: Sequence[MovedTerm]) -> Table:
    """Return the table of *moved*."""
    number = ColumnKind.NUMBER
    return table_of_items(
        moved,
        Column(key="term", label="Term"),
        Column(key="treated_then", label="Patients then", kind=ColumnKind.COUNT),
        Column(key="control_then", label="Control then", kind=ColumnKind.COUNT),
        Column(key="treated_now", label="Patients now", kind=ColumnKind.COUNT),
        Column(key="control_now", label="Control now", kind=ColumnKind.COUNT),
        Column(key="e_then", label="E then", kind=number),
        Column(key="e_now", label="E now", kind=number),
        name="moved",
        caption="Terms that moved since the last review",
    )


def _moved(before: RateLine | None, now: RateLine) -> MovedTerm:
    has_evidence = before is not None and before.evidence is not None
    return MovedTerm(
        term=now.term,
        treated_then=0 if before is None else before.treated_subjects,
        treated_now=now.treated_subjects,
        control_then=0 if before is None else before.control_subjects,
        control_now=now.control_subjects,
        e_then=before.e_value if before is not None and has_evidence else 1.0,
        e_now=now.e_value if now.evidence is not None else 1.0,
    )
