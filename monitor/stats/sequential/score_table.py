"""Rules that stop at a score: whole-number limits, and the critical score for a type I error."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.estimate import check_number, check_probability
from monitor.stats.sequential.binomial_paths import (
    BinomialCrossing,
    binomial_crossing,
    checked_looks,
)
from monitor.stats.sequential.critical_value import TIE, discrete_critical_value


class BinaryRule(NamedTuple):
    """A rule for patients with and without an event: the fewest events at each look that stop.

    A limit above the number of patients at that look means that no number of events stops there.
    *critical_value* is the smallest score that stops; limits are what decides.
    """

    looks: list[int]
    limits: list[int]
    critical_value: float

    def crossing(self, probability: float) -> BinomialCrossing:
        """Return how this rule ends where each patient has an event with *probability*.

        Raises ValueError where *probability* is not between 0 and 1.
        """
        return binomial_crossing(self.looks, self.limits, probability)


def limits_of(looks: list[int], scores: Floats, critical_value: float) -> list[int]:
    """Return the fewest events at each look whose score is *critical_value* or more.

    *scores* has a row for each look and a column for each number of events from 0; it rises along
    a row.  A look at which no score is high enough gets one more than its patients.

    >>> limits_of([1, 2], np.array([[0.0, 1.0, np.inf], [0.0, 0.5, 2.0]]), 1.0)
    [1, 2]

    Raises ValueError where *looks* do not increase, or *critical_value* or a score is not a number.
    """
    looks = checked_looks(looks)
    if np.isnan(critical_value):
        raise ValueError(f"critical_value is {critical_value!r}: give a number")
    if np.isnan(scores).any():
        raise ValueError("scores has nan: give a number for every look and number of events")
    lowest = critical_value - TIE * abs(critical_value) if np.isfinite(critical_value) else np.inf
    fewest = np.sum(scores < lowest, axis=1)
    return [min(int(events), look + 1) for events, look in zip(fewest, looks, strict=True)]


def rule_at(looks: list[int], scores: Floats, critical_value: float) -> BinaryRule:
    """Return the rule that stops at a score of *critical_value* or more.

    Raises ValueError where *looks* do not increase or *critical_value* is no finite number.
    """
    check_number("critical_value", critical_value)
    return BinaryRule(
        checked_looks(looks), limits_of(looks, scores, critical_value), critical_value
    )


def calibrated_rule(
    looks: list[int], scores: Floats, null_probability: float, alpha: float
) -> BinaryRule:
    """Return the rule with the smallest attainable critical score whose error is at most *alpha*.

    The constant is not rounded: it lies on a score that the data can have, so rounding it would
    move a limit.

    Raises ValueError where *looks* do not increase, or *null_probability* or *alpha* is not between
    0 and 1.
    """
    check_probability("null_probability", null_probability, "a probability between 0 and 1")

    def type_i_error(critical_value: float) -> float:
        limits = limits_of(looks, scores, critical_value)
        return binomial_crossing(looks, limits, null_probability).upper_probability

    # A count that no look can have scores infinity, which is no critical value.
    critical_value = discrete_critical_value(type_i_error, alpha, scores.ravel())
    return BinaryRule(looks, limits_of(looks, scores, critical_value), critical_value)
