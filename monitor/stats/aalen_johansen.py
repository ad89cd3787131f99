"""Cumulative incidence with a competing risk (Aalen & Johansen 1978)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from math import exp, log, sqrt
from typing import NamedTuple

from monitor.stats.estimate import Estimate, normal_quantile


class End(IntEnum):
    """How a subject's time ends: at the event, at the competing event, or censored."""

    CENSORED = 0
    EVENT = 1
    COMPETING = 2


class IncidencePoint(NamedTuple):
    """Cumulative incidence from *day* on, with how many were at risk just before it.

    *incidence* has pointwise limits.
    """

    day: int
    at_risk: int
    events: int
    competing: int
    incidence: Estimate


def aalen_johansen(
    times: Iterable[tuple[int, End]], *, confidence: float = 0.95
) -> list[IncidencePoint]:
    """Return the cumulative incidence at each day with an event or a competing event.

    *times* has each subject's days from the start to the end, and how it ends; a subject censored
    on a day is at risk on it.  Limits are on the scale of log(-log), with the variance of Marubini
    & Valsecchi (1995, Analysing Survival Data, section 10.2).  Raises ValueError for a negative
    day.  Without a competing event the incidence is one minus the Kaplan-Meier estimate:

    >>> times = [(2, End.EVENT), (3, End.CENSORED), (5, End.EVENT), (7, End.CENSORED)]
    >>> [(point.day, point.incidence.value) for point in aalen_johansen(times)]
    [(2, 0.25), (5, 0.625)]
    """
    ordered = sorted(times)
    if ordered and ordered[0][0] < 0:
        raise ValueError("a subject's time must not be negative")
    z = normal_quantile(confidence)
    steps = _steps(ordered)
    points: list[IncidencePoint] = []
    for count in range(1, len(steps) + 1):
        step = steps[count - 1]
        estimate = _estimate(step.incidence, _variance(steps[:count]), z)
        points.append(IncidencePoint(step.day, step.at_risk, step.events, step.competing, estimate))
    return points


class _Step(NamedTuple):
    day: int
    at_risk: int
    events: int
    competing: int
    survival_before: float
    incidence: float


def _steps(ordered: list[tuple[int, End]]) -> list[_Step]:
    """Return the days with events: sorted *ordered* has all subjects."""
    steps: list[_Step] = []
    survival, incidence, index = 1.0, 0.0, 0
    while index < len(ordered):
        day, at_risk = ordered[index][0], len(ordered) - index
        ends = [end for other, end in ordered[index : index + at_risk] if other == day]
        events, competing = ends.count(End.EVENT), ends.count(End.COMPETING)
        if events or competing:
            incidence += survival * events / at_risk
            steps.append(_Step(day, at_risk, events, competing, survival, incidence))
            survival *= 1 - (events + competing) / at_risk
        index += len(ends)
    return steps


def _variance(steps: list[_Step]) -> float:
    """Return the variance of the incidence at the last of *steps*."""
    last, total = steps[-1].incidence, 0.0
    for step in steps:
        ends, at_risk, events = step.events + step.competing, step.at_risk, step.events
        rest = last - step.incidence
        if at_risk > ends:
            total += rest**2 * ends / (at_risk * (at_risk - ends))
        total += step.survival_before**2 * (at_risk - events) * events / at_risk**3
        total -= 2 * rest * step.survival_before * events / at_risk**2
    return max(total, 0.0)


def _estimate(incidence: float, variance: float, z: float) -> Estimate:
    """Return the limits on the scale of log(-log), which stay between 0 and 1."""
    if not 0 < incidence < 1:
        return Estimate(incidence, 0.0, 1.0) if incidence else Estimate(0.0, 0.0, 0.0)
    spread = z * sqrt(variance) / (incidence * log(incidence))
    low, high = sorted(incidence ** exp(sign * spread) for sign in (-1, 1))
    return Estimate(incidence, low, high)
