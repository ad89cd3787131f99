"""Moves the as-of date by the day of a record, and tells which records are ahead of it."""

from __future__ import annotations

from monitor.fold.change import recount
from monitor.records import Body, PlanRecord, Record, Review, Tick, day_of
from monitor.state.days_on_record import BLOCK_DAYS, NO_SUBJECT
from monitor.state.study import Study


def day_on_record(body: Body, known_day: int) -> int | None:
    """Return the day that a record known on *known_day* shows to have come.

    A tick shows its own date.  Plans and reviews show none, because they contain no data: a plan
    may be signed long before the first subject is enrolled.
    """
    if isinstance(body, (PlanRecord, Review)):
        return None
    return body.date if isinstance(body, Tick) else known_day


def witness_of(body: Body) -> str:
    """Return the witness of a record: the subject that it names, or NO_SUBJECT."""
    return getattr(body, "subject", NO_SUBJECT)


def note_day(study: Study, body: Body, known_day: int) -> bool:
    """Note the day of a record that is not refused; return whether to evaluate every watch.

    That is so where the as-of date reaches a day that was ahead of it, because what happened on
    that day counts from now on, and where the as-of date falls.
    """
    day, days, before = day_on_record(body, known_day), study.days_on_record, study.latest_day
    if day is None or days.is_known(day, witness := witness_of(body)):
        return False
    ahead = days.first_ahead()
    days.add(day, witness)
    if study.dirty is not None:
        study.dirty.days.add(day // BLOCK_DAYS)
    study.latest_day = after = days.as_of
    if before is None or after is None:
        return after is not None and bool(study.subjects)
    if after < before:  # Only while the study has one witness.
        recount(study)
        study.changed_first_events.clear()
    return after < before or (ahead is not None and ahead <= after)


def apply_limits(study: Study) -> None:
    """Compute the as-of date again, by the limits of the plan in force."""
    limits = study.plan.data_limits
    study.days_on_record.set_limits(limits.as_of_jump_days, limits.no_day_after)
    study.latest_day = study.days_on_record.as_of


def is_ahead(study: Study, record: Record) -> bool:
    """Whether the day of *record* is after the as-of date, so that nobody else confirms it yet.

    A horizon, for a look at the past, makes no record ahead.
    """
    day = day_on_record(record.body, day_of(record.known_at))
    return day is not None and (study.latest_day is None or day > study.latest_day)
