"""The evidence of one watch over time, evaluated when it is read and not while folding.

A day more at risk changes the likelihood of every watch, with nearly every record; few studies are
looked at.  So the fold notes the likelihoods, and those of one watch are evaluated together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from typing import NamedTuple

import numpy as np

from board.views.facts import EvidencePoint
from monitor.evidence.evaluate import Likelihood
from monitor.evidence.summary import SHARES_MAX
from monitor.stats.concurrent import FILLED_EVENTS, PartialLikelihood, PartialLikelihoods
from monitor.stats.e_value import LOG_HARM_RATIOS, log_e

WAITING_MAX = 100
"""Points of a watch that wait to be evaluated: they take more memory than their values."""


class WaitingPoint(NamedTuple):
    """A point of the trajectory with its likelihood; *log_e* is None until it is evaluated.

    There is no likelihood where there is no risk set: log E is 0.
    """

    day: int
    position: int
    likelihood: Likelihood | None
    log_e: float | None


@dataclass(slots=True)
class EvidenceSeries:
    """The evidence of one watch: *points* are evaluated, those *waiting* are later ones.

    There is a point where the evidence changed.  *last* is the likelihood that was noted last.
    """

    points: list[EvidencePoint] = field(default_factory=list[EvidencePoint])
    waiting: list[WaitingPoint] = field(default_factory=list[WaitingPoint])
    last: Likelihood | None = None

    def note(self, day: int, position: int, likelihood: Likelihood | None) -> None:
        """Note the evidence from the record at *position* on; the as-of date is *day*."""
        is_first = not self.points and not self.waiting
        if not is_first and is_same(likelihood, self.last):
            return
        self.last = likelihood
        log_e_value = 0.0 if likelihood is None else None
        self.waiting.append(WaitingPoint(day, position, likelihood, log_e_value))
        if len(self.waiting) >= WAITING_MAX:
            self.all_points()

    def all_points(self) -> list[EvidencePoint]:
        """Evaluate the points that wait, and return all."""
        waiting, self.waiting = self.waiting, []
        missing = [each.likelihood for each in waiting if each.log_e is None]
        values = iter(log_e_values([each for each in missing if each is not None]))
        for each in waiting:
            value = next(values) if each.log_e is None else each.log_e
            if not self.points or self.points[-1].log_e != value:
                self.points.append(EvidencePoint(each.day, each.position, value))
        return self.points

    def last_log_e(self) -> float:
        """Return log E now, for which only the last point is evaluated."""
        if not self.waiting:
            return self.points[-1].log_e
        last = self.waiting[-1]
        value = log_e_of(last.likelihood) if last.log_e is None else last.log_e
        self.waiting[-1] = last._replace(log_e=value)
        return value


def log_e_of(likelihood: Likelihood | None) -> float:
    """Return log E of *likelihood*, 0 where there is none."""
    return 0.0 if likelihood is None else log_e(likelihood.log_likelihood)


def is_same(one: Likelihood | None, other: Likelihood | None) -> bool:
    """Return whether both have the same log E for certain."""
    if not isinstance(one, PartialLikelihood) or not isinstance(other, PartialLikelihood):
        return type(one) is type(other) and one == other
    if one.treated != other.treated or one.events != other.events:
        return False
    if isinstance(one.shares, list) and isinstance(other.shares, list):
        return one.shares == other.shares
    return bool(np.array_equal(one.shares, other.shares))


def log_e_values(likelihoods: Sequence[Likelihood]) -> list[float]:
    """Return log E of each, with the bits of ``log_e``.

    Partial likelihoods with few or equally many events are evaluated together.

    >>> one = PartialLikelihood(treated=1, events=1, shares=[0.5])
    >>> log_e_values([one, one]) == 2 * [log_e(one.log_likelihood)]
    True
    """
    values = [0.0] * len(likelihoods)
    stacks: defaultdict[int, list[tuple[int, PartialLikelihood]]] = defaultdict(list)
    for number, each in enumerate(likelihoods):
        if isinstance(each, PartialLikelihood):
            stacks[max(each.events, FILLED_EVENTS)].append((number, each))
        else:
            values[number] = log_e(each.log_likelihood)
    for size, stack in stacks.items():
        count = max(1, SHARES_MAX // size)
        for first in range(0, len(stack), count):
            numbers, partial = zip(*stack[first : first + count], strict=True)
            points = np.broadcast_to(LOG_HARM_RATIOS, (len(partial), 1, len(LOG_HARM_RATIOS)))
            curves = PartialLikelihoods(partial).log_likelihood(points)[:, 0]
            together = np.logaddexp.reduce(curves, axis=-1) - log(len(LOG_HARM_RATIOS))
            for number, value in zip(numbers, together.tolist(), strict=True):
                values[number] = value
    return values
