"""The way of one subject: its rows in, its records out."""

from __future__ import annotations

from collections.abc import Iterator

from streams.sources.report import Problem
from streams.sources.rules.assessments import assessment_records
from streams.sources.rules.case_content import FollowUpSpan
from streams.sources.rules.cases import case_contents, case_records, group_cases
from streams.sources.rules.context import RuleContext, SubjectRows
from streams.sources.rules.deaths import find_death
from streams.sources.rules.doses import dose_records, doses_given
from streams.sources.rules.follow_up import (
    activity_days,
    days_alive,
    disposition_records,
    earlier_dispositions,
    find_follow_up,
)
from streams.sources.rules.subjects import (
    NO_SUBJECT_ROW,
    arm_of,
    first_known,
    merged_subject,
    subject_record,
)
from streams.sources.rules.treatments import treatment_intervals, treatment_records
from streams.sources.wire import JsonRecord

NO_DAY = Problem(
    "subject_without_date",
    "a subject has no date at all: when it became known is missing",
    "give the day of its screening, of its treatment or of its disposition",
)


def subject_records(rows: SubjectRows, context: RuleContext) -> Iterator[JsonRecord]:
    """Yield all records of one subject, in no order of arrival."""
    subject = merged_subject(rows, context)
    known_from = first_known(rows, context)
    arm = arm_of(subject, context)[0] if subject else ""
    elements = [row for row in rows.treatments if row.is_element]
    doses = doses_given(rows.doses, elements, arm, context)
    intervals = treatment_intervals(subject, rows, doses, context)
    cases = list(group_cases(rows.subject, rows.events, known_from, context))
    activity = activity_days(rows, doses, cases)
    alive = days_alive(subject, rows.dispositions, cases, activity)
    death = find_death(subject, rows.dispositions, cases, alive, context)
    earlier = earlier_dispositions(rows.dispositions, intervals, context)
    final = [row for row in rows.dispositions if row not in earlier.values()]
    latest = max(activity, default="")
    end = find_follow_up(subject, final, death, latest, context)
    start = intervals[0].start if intervals else ""
    # Reports alone do not say when the study knew the subject: its other source does.
    span = FollowUpSpan(known_from if subject else "", start, end.last if end else "")
    if subject is None:
        first = next(iter([*rows.events, *rows.doses, *rows.treatments, *rows.dispositions]), None)
        if first is not None:
            context.note(NO_SUBJECT_ROW, first, "subject")
    elif not known_from:
        context.stop(NO_DAY, subject, "subject")
        return
    else:
        yield subject_record(subject, context, known_from, start)
    yield from treatment_records(rows.subject, intervals, context)
    yield from dose_records(doses, context)
    for case in cases:
        yield from case_records(case, case_contents(case, span, context), context)
    yield from disposition_records(rows.subject, end, intervals, final, earlier, context)
    yield from assessment_records(rows.assessments, known_from, context)
