"""Days of an alert: when it was raised, how old it is, and which of its clocks have run out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from alerts.alert import Alert
from alerts.register.grouping import is_open
from alerts.register.history import AlertEntry
from board.views.facts import StudyFacts
from monitor.dates import iso
from monitor.records import day_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DueClock:
    """A reporting clock: *days_left* is negative where it is overdue, None for a closed alert."""

    clock: str
    day: str
    days_left: int | None
    overdue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAge:
    """When an alert was raised, and when its level rose last, with the days of data since then."""

    raised: str
    days_since_raised: int
    level_since: str
    days_since_level: int


def data_day(facts: StudyFacts) -> int:
    """Return the day to which the data reach: the as-of date, 0 before any data."""
    return facts.study.as_of or 0


def age_of(entry: AlertEntry, today: int) -> AlertAge:
    """Return the age of the alert of *entry* on the day *today* of the data."""
    raised = day_of(entry.history[0].known_at)
    level_since = entry.alert.as_of
    return AlertAge(
        raised=iso(raised),
        days_since_raised=max(0, today - raised),
        level_since=iso(level_since),
        days_since_level=max(0, today - level_since),
    )


def due_clocks(alert: Alert, today: int) -> tuple[DueClock, ...]:
    """Return the clocks of *alert* on the day *today* of the data, the earliest first."""
    return tuple(sorted(_clocks(alert, today), key=lambda clock: clock.day))


def _clocks(alert: Alert, today: int) -> Iterator[DueClock]:
    for clock, day in alert.due:
        left = date.fromisoformat(day).toordinal() - today if is_open(alert) else None
        yield DueClock(clock=clock, day=day, days_left=left, overdue=left is not None and left < 0)


def owner_of(entry: AlertEntry) -> str | None:
    """Return the member who made the last accepted move since data changed the alert, if any."""
    owner: str | None = None
    for item in entry.history:
        if item.refused is None:
            owner = None if item.review is None else item.review.member
    return owner
