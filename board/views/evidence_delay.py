"""The delay of an alert: from the day the events had crossed its level to the day it was raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from alerts.register.history import AlertEntry
from board.views.facts import Trajectory
from board.views.watched_cases import WatchedCase, adjudication_of
from board.views.wording import day as day_text
from board.views.wording import plural
from monitor.dates import iso
from monitor.evidence.summary import signal_boundary
from monitor.records import day_of
from monitor.state.study import ActiveWatch, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceDelay:
    """How long an alert came after its events.

    *crossed* is the first onset day on which the events known today reach the *level* of the alert,
    *raised* the day on which it was raised.  *reporting_days* of the *days* passed until the last
    of the events that were needed was reported, *counting_days* from then on until they counted.
    """

    level: str
    crossed: str | None
    raised: str
    days: int | None
    reporting_days: int | None
    counting_days: int | None
    sentence: str
    cause: str


def delay_of(
    study: Study,
    entry: AlertEntry,
    active_watch: ActiveWatch,
    occurred: Trajectory,
    cases: Sequence[WatchedCase],
) -> EvidenceDelay | None:
    """Return the delay of the alert of *entry*; None without evidence on the clock of occurrence.

    *cases* are those on the watch's treatment.
    """
    boundary = signal_boundary(study, active_watch.watch)
    if not occurred or boundary is None:
        return None
    level = entry.alert.level
    needed = boundary if level == "signal" else active_watch.watch.watch_level
    raised = raised_day(entry, level)
    crossed = crossing_day(occurred, needed)
    if crossed is None or crossed > raised:
        return _changed_since(level, crossed, raised)
    behind = [case for case in cases if case.is_first and case.onset <= crossed]
    last_report = max((c.reported for c in behind if c.reported is not None), default=crossed)
    days = raised - crossed
    reporting = min(max(0, last_report - crossed), days)
    return EvidenceDelay(
        level=level,
        crossed=iso(crossed),
        raised=iso(raised),
        days=days,
        reporting_days=reporting,
        counting_days=days - reporting,
        sentence=_sentence(crossed, raised),
        cause=_cause(study, active_watch, behind, reporting, days - reporting),
    )


def _changed_since(level: str, crossed: int | None, raised: int) -> EvidenceDelay:
    """Return the delay where the events known today cross later than the alert, or never."""
    return EvidenceDelay(
        level=level,
        crossed=None if crossed is None else iso(crossed),
        raised=iso(raised),
        days=None,
        reporting_days=None,
        counting_days=None,
        sentence=_other_sentence(crossed, raised),
        cause="The data have changed since it was raised.",
    )


def crossing_day(trajectory: Trajectory, level: float) -> int | None:
    """Return the first day on which the evidence reaches the e-value *level*; None if never."""
    return next((point.day for point in trajectory if point.log_e >= log(level)), None)


def raised_day(entry: AlertEntry, level: str) -> int:
    """Return the ordinal day of the record by which the alert first had its *level*."""
    first = next(item for item in entry.history if item.level == level)
    return day_of(first.known_at)


def _sentence(crossed: int, raised: int) -> str:
    crossed_text = day_text(iso(crossed))
    if crossed == raised:
        return f"By what is known today it crossed on {crossed_text}, and was raised that day."
    return (
        f"By what is known today it had crossed on {crossed_text}; it was raised on "
        f"{day_text(iso(raised))}, {_days(raised - crossed)} later."
    )


def _other_sentence(crossed: int | None, raised: int) -> str:
    raised_text = day_text(iso(raised))
    if crossed is None:
        return f"It was raised on {raised_text}; by what is known today it would not be raised."
    return (
        f"It was raised on {raised_text}; by what is known today it crosses later, on "
        f"{day_text(iso(crossed))}."
    )


def _cause(
    study: Study,
    active_watch: ActiveWatch,
    cases: Sequence[WatchedCase],
    reporting: int,
    counting: int,
) -> str:
    """Return which step took the days: reports, or the steps from a report to a counted event."""
    adjudicated = adjudication_of(study, active_watch) is not None
    step = "adjudication" if adjudicated else "corrections and records about the subject"
    if not reporting + counting:
        return "There was no delay."
    if counting > reporting:
        share = f"{step[:1].upper()}{step[1:]} took {_days(counting)} of it, reporting {reporting}."
    elif counting:
        share = f"Reporting took {_days(reporting)} of it, {step} {counting}."
    else:
        share = "All of it is reporting."
    reports = _range([c.reported - c.onset for c in cases if c.reported is not None])
    counts = _range([c.counted - c.onset for c in cases if c.counted is not None])
    answered = "the committee's answers came" if adjudicated else "they counted"
    if not (reports and counts):
        return share
    return f"{share} Sites reported within {reports} of onset; {answered} after {counts}."


def _range(days: Sequence[int]) -> str:
    """Return the smallest and largest of *days*; empty where there are none."""
    if not days:
        return ""
    low, high = min(days), max(days)
    return _days(low) if low == high else f"{low} to {_days(high)}"


def _days(count: int) -> str:
    return f"{count} {plural(count, 'day')}"
