"""What was added since the board last decided: alerts, first events, exposure."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.lifecycle import Move
from alerts.register.update import register_of
from board.views.exposure import StudyTables
from board.views.facts import StudyFacts
from monitor.dates import iso
from monitor.records import AdverseEvent, day_of
from monitor.state.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceLast:
    """What was added since *day*: alerts raised or risen, cases counted, person-years."""

    day: str
    alerts: int
    cases: int
    person_years: float


def since_last(facts: StudyFacts, tables: StudyTables) -> SinceLast | None:
    """Return what was added since the last decision; None where the board never decided."""
    baseline = facts.baseline()
    if baseline is None or facts.baseline_day is None:
        return None
    raised = [
        item
        for entry in register_of(facts.study).entries.values()
        if entry.alert.tracked
        for item in entry.history
        if item.move in (Move.RAISE, Move.RISE) and day_of(item.known_at) > facts.baseline_day
    ]
    return SinceLast(
        day=iso(facts.baseline_day),
        alerts=len(raised),
        cases=counted_cases(facts.study) - counted_cases(baseline),
        person_years=tables.total_person_years - StudyTables(baseline).total_person_years,
    )


def counted_cases(study: Study) -> int:
    """Return the number of cases that the tables count."""
    return sum(
        entity.counted_versions > 0
        for entity in study.entities.by_id.values()
        if isinstance(entity.body, AdverseEvent)
    )
