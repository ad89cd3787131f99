"""Computes the evidence of a watch by what is known today, for each day as onset horizon.

The result on a day is that of a replay with ``--onset-until`` that day.  Aggregated person-days
cannot be moved back to an earlier day, so they are summed again from the spells of the subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

from board.follower.recorder import exact_log_e
from board.views.facts import EvidencePoint, Trajectory
from monitor.exposure.follow_up import FollowUp
from monitor.exposure.person_time import PersonDays
from monitor.state.study import ActiveWatch, Study, WatchedFirstEvents

NO_POSITION = -1
"""The position of a point on the clock of occurrence: no record of the log belongs to it."""


def occurred_trajectory(study: Study, watch_id: str) -> Trajectory:
    """Return the evidence of the watch for each onset horizon, a point where it changes.

    Empty where the study has no such watch, or nobody is at risk.  Leaves *study* as it is.
    """
    watch, first_day, as_of = (
        study.watches_by_id.get(watch_id),
        first_day_at_risk(study),
        study.as_of,
    )
    if watch is None or first_day is None or as_of is None:
        return ()
    past, separate = copy(study), separate_watch(study, watch)
    points: list[EvidencePoint] = []
    for day in range(first_day, as_of + 1):
        past.horizon = day
        value = exact_log_e(past, separate)
        if not points or points[-1].log_e != value:
            points.append(EvidencePoint(day, NO_POSITION, value))
    return tuple(points)


def separate_watch(study: Study, watch: ActiveWatch) -> ActiveWatch:
    """Return *watch* with tables of its own, which an evaluation may move to any later day."""
    design, follow_up, first_events = watch.design, watch.design.follow_up, watch.first_events
    if follow_up is not None:
        table = FollowUp(
            follow_up.period,
            follow_up.analysis,
            follow_up.time_scale,
            follow_up.arm_count,
            intervals=follow_up.intervals,
        )
        return ActiveWatch(replace(design, follow_up=table), first_events)
    return ActiveWatch(design, with_person_days_from_spells(study, first_events))


def with_person_days_from_spells(
    study: Study, first_events: WatchedFirstEvents
) -> WatchedFirstEvents:
    """Return *first_events* with person-days that have not passed any day yet."""
    separate = copy(first_events)
    separate.person_days = PersonDays()
    for subject in study.subjects.values():
        own = separate.own_spells
        spells = subject.spells if own is None else own.get(subject.number, ())
        separate.add_person_days(subject.number, spells, 1)
    return separate


def first_day_at_risk(study: Study) -> int | None:
    """Return the first day on which any subject is at risk, or None."""
    starts = (subject.spells[0].start for subject in study.subjects.values() if subject.spells)
    return min(starts, default=None)


def crossing_day(trajectory: Sequence[EvidencePoint], log_boundary: float) -> int | None:
    """Return the first day on which the evidence reached the boundary, or None."""
    return next((day for day, _, value in trajectory if value >= log_boundary), None)


def delay_days(known: Trajectory, occurred: Trajectory, log_boundary: float) -> int | None:
    """Return how many days passed from crossing the boundary to knowing it.

    None where either has not crossed it.
    """
    known_day, occurred_day = (
        crossing_day(known, log_boundary),
        crossing_day(occurred, log_boundary),
    )
    if known_day is None or occurred_day is None:
        return None
    return known_day - occurred_day
