"""Finds whether a subject died and when, from all that say so: subject, disposition and events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from streams.sources.report import Problem
from streams.sources.rows import AnyRow, DispositionRow, EventRow, SubjectRow
from streams.sources.rules.cases import Case
from streams.sources.rules.context import RuleContext
from streams.sources.rules.dates import SourceDate, parse_date
from streams.sources.rules.subjects import known_time

DEATHS_DISAGREE = Problem(
    "death_dates_disagree",
    "sources give a death different days",
    "the day of the subject (DTHDTC) counts, then of the disposition, then of the event",
    shown=100,
)
DEATH_UNCONFIRMED = Problem(
    "death_in_events_only",
    "an event is fatal, but neither the subject nor its disposition says that it died",
    "the subject counts as dead",
    shown=100,
)
DEATH_WITHOUT_EVENT = Problem(
    "death_without_event",
    "a subject died, and no event of it is fatal",
    "the death counts as a disposition; a rule for deaths covers it",
    shown=100,
)
DEATH_WITHOUT_DAY = Problem(
    "death_without_day",
    "a subject died on a day that nothing gives",
    "its follow-up ends as stated",
    shown=100,
)
DAY_IMPUTED = Problem(
    "death_day_imputed",
    "a death is known to its month or year only",
    "its day is imputed: the first day that it may be, or the last day of the subject within it",
    shown=100,
)


class Death(NamedTuple):
    """A subject's death; *day* is empty where nothing gives it.

    *known* is when the first source that tells of it had it, empty where one does not say.
    """

    day: str
    known: str = ""


class DeathDate(NamedTuple):
    """The whole or partial date that the field *column* of *row* gives a death."""

    row: AnyRow
    column: str
    date: SourceDate


def is_fatal_row(row: EventRow) -> bool:
    """Whether the outcome, the criterion of death or a severity of *row* says that it was fatal."""
    return row.outcome == "fatal" or "death" in row.criteria or "fatal" in (row.severity, row.grade)


def find_death(
    subject: SubjectRow | None,
    dispositions: Sequence[DispositionRow],
    cases: Sequence[Case],
    days_alive: Iterable[str],
    context: RuleContext,
) -> Death | None:
    """Return the death of a subject, None where nothing says that it died.

    A death with a partial date did not come before the latest of *days_alive* that lies within it.
    """
    stated = [row for row in (subject,) if row and (row.died_flag == "yes" or row.died.strip())]
    left = [row for row in dispositions if row.status == "died" and not row.removed]
    fatal = [row for case in cases for row in case.current_rows if is_fatal_row(row)]
    if not (stated or left or fatal):
        return None
    witness = next(iter([*stated, *left, *fatal]))
    if not fatal:
        context.note(DEATH_WITHOUT_EVENT, witness)
    elif not stated and not left and (subject or dispositions):
        context.note(DEATH_UNCONFIRMED, witness)
    for row in stated:
        context.date_of(row, "died")
    day = _day_of_death([*_dates(stated, left), *_dates_of_events(fatal)], days_alive, context)
    if not day:
        context.note(DEATH_WITHOUT_DAY, witness)
    sources = [*stated, *left, *(row for case in cases for row in _fatal_rows(case))]
    return Death(day, min(known_time(row.known) for row in sources))


def _day_of_death(
    dates: Sequence[DeathDate], days_alive: Iterable[str], context: RuleContext
) -> str:
    """Return the day of the first of *dates*, or the day within it that a later one gives."""
    if not dates:
        return ""
    first = dates[0].date
    row, column, best = max(
        (one for one in dates if one.date.text.startswith(first.text)),
        key=lambda one: len(one.date.text),
    )
    if not all(best.text.startswith(one.date.text[: len(best.text)]) for one in dates):
        context.note(DEATHS_DISAGREE, dates[0].row)
    if best.day:
        return best.day
    context.note(DAY_IMPUTED, row, column)
    return max([best.first_day, *(day for day in days_alive if day.startswith(best.text))])


def _dates(stated: Iterable[SubjectRow], left: Iterable[DispositionRow]) -> Iterator[DeathDate]:
    yield from (one for row in stated for one in _date(row, "died", row.died))
    yield from (one for row in left for one in _date(row, "date", row.date))


def _dates_of_events(fatal: Iterable[EventRow]) -> Iterator[DeathDate]:
    """Yield the day of death that an event states, and its end where that is no whole day."""
    for row in fatal:
        died = list(_date(row, "died", row.died))
        yield from died
        if not any(one.date.day for one in died):
            yield from _date(row, "end", row.end)


def _date(row: AnyRow, column: str, text: str) -> Iterator[DeathDate]:
    parsed = parse_date(text)
    if isinstance(parsed, SourceDate):
        yield DeathDate(row, column, parsed)


def _fatal_rows(case: Case) -> Iterator[EventRow]:
    """Yield the rows of *case*, in all its versions, that say that it was fatal."""
    if any(map(is_fatal_row, case.current_rows)):
        yield from (row for _, row in case.rows if is_fatal_row(row) and not row.removed)
