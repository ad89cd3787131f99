"""Makes records of efficacy scores, where the plan has instruments to show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from streams.sources.report import Problem
from streams.sources.rows import AssessmentRow
from streams.sources.rules.context import RuleContext
from streams.sources.rules.names import identifier
from streams.sources.rules.subjects import known_time
from streams.sources.wire import JsonRecord

NO_INSTRUMENTS = Problem(
    "assessment_not_in_plan",
    "the plan has no [benefit_risk] instruments, so it shows no scores",
    "the score is left out; name its instrument in the plan",
)
NO_SCORE = Problem("assessment_without_score", "a score is no number", "the row is left out")


def assessment_records(
    rows: Sequence[AssessmentRow], known_from: str, context: RuleContext
) -> Iterator[JsonRecord]:
    """Yield the scores of a subject that its study knew from the day *known_from* on."""
    versions: dict[str, int] = {}
    for row in rows:
        date = context.date_of(row, "date")
        day = date.day if date else ""
        try:
            value = float(row.value)
        except ValueError:
            value = float("nan")
        if not context.choices.has_instruments or not isfinite(value):
            problem = NO_SCORE if context.choices.has_instruments else NO_INSTRUMENTS
            context.note(problem, row, "value")
            continue
        content = {
            "subject": identifier(row.subject),
            "instrument": identifier(row.instrument),
            "visit": identifier(row.visit or "visit"),
            "value": value,
            "date": day,
        }
        entity = identifier(row.subject, row.instrument, row.visit or day)
        versions[entity] = versions.get(entity, 0) + 1
        known = known_time(row.known) or max(day, known_from)
        yield context.record("assessment", "as", entity, known, content, versions[entity])
