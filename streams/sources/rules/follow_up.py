"""Finds the last day of a subject's follow-up, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from streams.sources.report import Problem
from streams.sources.rows import DispositionRow, SubjectRow
from streams.sources.rules.cases import Case
from streams.sources.rules.context import RuleContext, SubjectRows
from streams.sources.rules.dates import day_after, day_of
from streams.sources.rules.deaths import Death
from streams.sources.rules.doses import Dose
from streams.sources.rules.names import identifier
from streams.sources.rules.subjects import known_time
from streams.sources.rules.treatments import Interval
from streams.sources.wire import JsonRecord

ACTIVITY_AFTER_END = Problem(
    "activity_after_end",
    "treatment, an onset, a score, a disposition or a death lies after the end of follow-up",
    "follow-up ends with the latest of them",
)
END_AFTER_DEATH = Problem(
    "end_after_death",
    "the stated end of follow-up lies after the death",
    "follow-up ends with the death; an end on the next day, when it was noted, stays",
)
END_UNKNOWN = Problem(
    "end_of_follow_up_unknown",
    "the end of follow-up is no whole day",
    "the last disposition counts; without one, follow-up goes on",
)
DATE_MISSING = Problem(
    "disposition_without_date",
    "a disposition has no whole day",
    "its reason counts, its day does not",
)


class FollowUp(NamedTuple):
    """The last day of follow-up, and the status with which it ended.

    *known* is when a death became known, empty where it counts as known on its day.
    """

    last: str
    status: str
    known: str = ""


def find_follow_up(
    subject: SubjectRow | None,
    dispositions: Sequence[DispositionRow],
    death: Death | None,
    activity: str,
    context: RuleContext,
) -> FollowUp | None:
    """Return how follow-up ended, None where it goes on.

    *activity* is the latest of its `activity_days`, empty where there is none.
    """
    left = [row for row in dispositions if not row.removed]
    for row in left:
        date = context.date_of(row, "date")
        if date is None or not (date.day or row.status == "died"):
            context.note(DATE_MISSING, row, "date")
    last_row = max(left, key=lambda row: (day_of(row.date), row.place), default=None)
    left_on = day_of(last_row.date) if last_row else ""
    stated = _stated_end(subject, context) if subject else ""
    status = "died" if death else (last_row.status if last_row else "") or "other"
    if death and death.day:
        end = _end_of_the_dead(subject, stated, death.day, activity, context)
    elif stated:
        end = max(stated, left_on, activity)
    else:
        end = max(left_on, activity) if left_on or death else ""
    if not end:
        return None
    if subject and stated and end > stated:
        context.note(ACTIVITY_AFTER_END, subject, _end_field(context))
    return FollowUp(end, status, death.known if death else "")


def _end_of_the_dead(
    subject: SubjectRow | None, stated: str, died: str, activity: str, context: RuleContext
) -> str:
    """Return the day of death, later where something is known of the subject after it.

    A death at night is noted on the next day: an end on that day stays as the source states it.
    """
    if subject and stated > died:
        context.note(END_AFTER_DEATH, subject, _end_field(context))
    return max(died, activity, stated if stated == day_after(died) else "")


def _end_field(context: RuleContext) -> str:
    return "participation_end" if context.choices.participation_end else "follow_up_end"


def _stated_end(subject: SubjectRow, context: RuleContext) -> str:
    field = _end_field(context)
    stated = context.date_of(subject, field)
    if getattr(subject, field).strip() and not (stated and stated.day):
        context.note(END_UNKNOWN, subject, field)
    return stated.day if stated else ""


def activity_days(rows: SubjectRows, doses: Sequence[Dose], cases: Sequence[Case]) -> list[str]:
    """Return the days of doses, stated treatment, scores and onsets: follow-up lasts until them.

    An onset after the day on which it was collected is a typing error: it extends nothing.
    """
    days = [dose.last or dose.first for dose in doses]
    for one in rows.treatments:
        if not one.is_element and not one.removed:
            end = day_of(one.end)
            days += [day_of(one.start), end and day_after(end, -1)]
    days += [day_of(score.date) for score in rows.assessments if not score.removed]
    for case in cases:
        known = case.rows[-1][0][:10]
        days += [onset for row in case.current_rows if (onset := day_of(row.onset)) <= known]
    return [day for day in days if day]


def days_alive(
    subject: SubjectRow | None,
    dispositions: Sequence[DispositionRow],
    cases: Sequence[Case],
    activity: Sequence[str],
) -> list[str]:
    """Return days on which the subject lived: those of its *activity*, and what its rows state."""
    ends = [row.end for case in cases for row in case.current_rows]
    left = [row.date for row in dispositions if row.status != "died" and not row.removed]
    stated = [subject.follow_up_end, subject.participation_end] if subject else []
    return [day for text in (*activity, *ends, *left, *stated) if (day := day_of(text))]


def earlier_dispositions(
    dispositions: Sequence[DispositionRow], intervals: Sequence[Interval], context: RuleContext
) -> dict[str, DispositionRow]:
    """Return how a subject left each period before the one of its last treatment, by period."""
    periods = {one.period for one in intervals[:-1]} - {one.period for one in intervals[-1:]}
    left: dict[str, DispositionRow] = {}
    for row in sorted(dispositions, key=lambda row: (day_of(row.date), row.place)):
        period = context.periods.find(row.period) if row.period else None
        if period in periods and day_of(row.date) and not row.removed and row.status != "died":
            left[period] = row
    return left


def disposition_records(
    subject: str,
    end: FollowUp | None,
    intervals: Sequence[Interval],
    final: Sequence[DispositionRow],
    earlier: Mapping[str, DispositionRow],
    context: RuleContext,
) -> Iterator[JsonRecord]:
    """Yield the end of follow-up, of which *final* tells, and of each *earlier* period."""
    for period, row in earlier.items():
        left = FollowUp(day_of(row.date), row.status or "other")
        yield _record(subject, identifier(subject, period), left, period, row.known, context)
    if end is not None:
        known = max((row.known for row in final), key=known_time, default="")
        period = intervals[-1].period if intervals else ""
        yield _record(subject, identifier(subject), end, period, known, context)


def _record(
    subject: str, entity: str, end: FollowUp, period: str, known: str, context: RuleContext
) -> JsonRecord:
    """Return the record of *end*, known on its day unless the source knew it later."""
    content = {
        "subject": identifier(subject),
        "status": end.status,
        "date": end.last,
        "period": period,
    }
    since = max(known_time(known), end.known, end.last)
    return context.record("disposition", "ds", entity, since, content)
