"""Binomial MaxSPRT: events on treatment among all events, or in a risk against a control window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitor.stats.estimate import check_positive, check_probability, checked_count
from monitor.stats.sequential.score_table import BinaryRule
from monitor.stats.sequential.stopping_rule_binary import (
    maxsprt_score,
    stopping_rule_at,
    stopping_rule_binary,
)


class BinomialPerformance(NamedTuple):
    """The power of a rule at one rate ratio, and the mean number of events when it ends.

    *expected_events_to_signal* is the mean over the paths that signal, None where none does.
    """

    power: float
    expected_events_to_signal: float | None
    expected_sample_size: float


def null_share(controls_per_case: float) -> float:
    """Return the probability under the null that an event is a case, ``1 / (1 + z)``.

    *controls_per_case* is z: person-time of control over person-time of treatment.

    >>> null_share(3.0)
    0.25

    Raises ValueError where *controls_per_case* is not above zero.
    """
    check_positive("controls_per_case", controls_per_case)
    return 1.0 / (1.0 + controls_per_case)


def binomial_maxsprt_llr(cases: int, total: int, null_probability: float) -> float:
    """Return the log of the maximal likelihood ratio of *cases* among *total* events.

    0 where the share of cases is at most *null_probability* (Kulldorff et al. 2011, Sequential
    Analysis 30:58-78).

    >>> round(binomial_maxsprt_llr(8, 10, 0.5), 6)
    1.927448

    Raises ValueError where *cases* or *total* is no count, *total* is 0 or below *cases*, or
    *null_probability* is not between 0 and 1.
    """
    cases, total = checked_count("cases", cases), checked_count("total", total)
    if not total or cases > total:
        raise ValueError(f"total is {total!r}: give at least one event, and at least the cases")
    check_probability("null_probability", null_probability, "a share between 0 and 1, like 0.5")
    return float(maxsprt_score(null_probability)(np.array(float(cases)), np.array(float(total))))


def binomial_maxsprt(
    looks: Sequence[int], controls_per_case: float, alpha: float, *, minimum_cases: int = 1
) -> BinaryRule:
    """Return the rule with the smallest attainable critical value and error at most *alpha*.

    *looks* are total numbers of events, like ``range(1, 51)`` for a look at each of N = 50.  Given
    the total, cases are binomial, so the unknown rate does not matter; *controls_per_case* is the
    ratio z fixed by design.  The error is exact.

    >>> rule = binomial_maxsprt(range(1, 51), 1.0, 0.05)
    >>> rule.limits[5], rule.limits[-1], round(rule.crossing(0.5).upper_probability, 6)
    (6, 35, 0.038805)

    Raises ValueError where *looks* do not increase, *controls_per_case* is not above zero,
    *alpha* is not between 0 and 1, or *minimum_cases* is no count.
    """
    share = null_share(controls_per_case)
    least = checked_count("minimum_cases", minimum_cases)
    return stopping_rule_binary(looks, maxsprt_score(share), share, alpha, minimum_events=least)


def binomial_maxsprt_at(
    looks: Sequence[int],
    controls_per_case: float,
    critical_value: float,
    *,
    minimum_cases: int = 1,
) -> BinaryRule:
    """Return the rule that signals where the log likelihood ratio is *critical_value* or more.

    >>> binomial_maxsprt_at([5, 10, 15, 20, 25], 3.5, 1.9852).limits
    [4, 6, 7, 9, 11]

    Raises ValueError where *looks* do not increase, *controls_per_case* or *critical_value* is not
    above zero, or *minimum_cases* is no count.
    """
    check_positive("critical_value", critical_value)
    least = checked_count("minimum_cases", minimum_cases)
    score = maxsprt_score(null_share(controls_per_case))
    return stopping_rule_at(looks, score, critical_value, minimum_events=least)


def binomial_maxsprt_performance(
    rule: BinaryRule, controls_per_case: float, rate_ratio: float
) -> BinomialPerformance:
    """Return power, mean events to a signal and mean events at the end of *rule*.

    At *rate_ratio* an event is a case with probability ``rr / (rr + z)``.

    >>> rule = binomial_maxsprt_at(range(1, 31), 1.0, 2.0)
    >>> [round(value, 4) for value in binomial_maxsprt_performance(rule, 1.0, 2.0)]
    [0.6587, 10.7893, 17.3453]

    Raises ValueError where *controls_per_case* or *rate_ratio* is not above zero.
    """
    check_positive("controls_per_case", controls_per_case)
    check_positive("rate_ratio", rate_ratio)
    crossing = rule.crossing(rate_ratio / (rate_ratio + controls_per_case))
    power = crossing.upper_probability
    events = sum(n * p for n, p in zip(rule.looks, crossing.upper, strict=True))
    return BinomialPerformance(power, events / power if power else None, crossing.mean_trials)
