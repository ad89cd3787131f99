"""The view of one watch's evidence over time, on both clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, log

from board.follower.occurred import crossing_day, delay_days
from board.views.catalogue import ViewNotFoundError
from board.views.facts import StudyFacts, Trajectory
from board.views.table import Column, ColumnKind, Table
from monitor.dates import iso
from monitor.evidence.summary import signal_boundary

TRAJECTORY = "trajectory"
"""Name of the view; its arguments are `watch`, and `time`: known or occurred."""

COLUMNS = (
    Column(key="day", label="Day", kind=ColumnKind.DAY),
    Column(key="position", label="Record", kind=ColumnKind.COUNT),
    Column(key="log_e", label="log E", kind=ColumnKind.NUMBER),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryView:
    """The evidence of *watch*: *time* is `known` (by record) or `occurred` (by onset day).

    *crossed* is the day on which the boundary was reached, None where it was not or where the
    watch has none.  *delay_days* is the time from crossing as occurred to crossing as known.
    """

    watch: str
    time: str
    log_boundary: float | None
    crossed: str | None
    delay_days: int | None
    tables: tuple[Table, ...]


def build_trajectory(facts: StudyFacts, arguments: Mapping[str, str]) -> TrajectoryView:
    """Return the view.  Raises ViewNotFoundError where the study has no evidence of the watch."""
    watch_id, time = arguments.get("watch", ""), arguments.get("time", "known")
    known = facts.known.get(watch_id)
    active_watch = facts.study.watches_by_id.get(watch_id)
    if known is None or active_watch is None or time not in ("known", "occurred"):
        raise ViewNotFoundError(watch_id)
    occurred = facts.occurred(watch_id)
    points: Trajectory = known if time == "known" else occurred
    boundary = signal_boundary(facts.study, active_watch.design.watch)
    log_boundary = None if boundary is None else log(boundary)
    crossed = None if log_boundary is None else crossing_day(points, log_boundary)
    rows = [
        {
            "day": iso(day),
            "position": None if position < 0 else position,
            "log_e": value if isfinite(value) else None,
        }
        for day, position, value in points
    ]
    return TrajectoryView(
        watch=watch_id,
        time=time,
        log_boundary=log_boundary,
        crossed=None if crossed is None else iso(crossed),
        delay_days=None if log_boundary is None else delay_days(known, occurred, log_boundary),
        tables=(Table(name=TRAJECTORY, caption=watch_id, columns=COLUMNS, rows=rows),),
    )
