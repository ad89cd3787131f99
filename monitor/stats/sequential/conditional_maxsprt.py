"""Conditional MaxSPRT: first events against a rate estimated from historical events."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from itertools import pairwise
from math import ceil, log, log1p

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from monitor.stats.e_value import Floats
from monitor.stats.estimate import (
    check_amount,
    check_positive,
    checked_count,
    checked_counts,
)
from monitor.stats.sequential.critical_value import continuous_critical_value
from monitor.stats.sequential.poisson_maxsprt import LARGEST, SMALLEST


class HistoryEnd(Enum):
    """Where the historical person-time ends."""

    AT_EVENT = "at the last historical event"
    BETWEEN_EVENTS = "uniformly between the last historical event and the next"


def cond_poisson_llr(
    surveillance_events: int, historical_events: int, person_time_ratio: float
) -> float:
    """Return the log of the maximal likelihood ratio of the two rates.

    With k events under surveillance, c historical ones and t the ratio of surveillance to
    historical person-time: ``c log(c (1 + t) / (c + k)) + k log(k (1 + t) / (t (c + k)))`` where
    ``k / c`` is above t, else 0 (Li & Kulldorff 2010, Statistics in Medicine 29:284-295).

    >>> round(cond_poisson_llr(33, 312, 0.07486888335886382), 2)
    1.62

    Raises ValueError where *surveillance_events* or *historical_events* is no count, there is no
    historical event, or *person_time_ratio* is negative, not finite, or 0 with events.
    """
    k = checked_count("surveillance_events", surveillance_events)
    (c,) = checked_counts("historical_events", [historical_events], at_least=1)
    check_amount("person_time_ratio", person_time_ratio)
    if k and not person_time_ratio:
        raise ValueError(f"{k} events with person_time_ratio 0: count the days of the events")
    t = person_time_ratio
    if k <= c * t:
        return 0.0
    return c * (log(c / (c + k)) + log1p(t)) + k * (log(k / (c + k)) + log1p(t) - log(t))


def cmaxsprt_boundary(
    historical_events: int, events_max: int, critical_value: float, *, minimum_events: int = 1
) -> list[float]:
    """Return the person-time ratios up to which each event, from *minimum_events* on, signals.

    The k-th event signals where the ratio of surveillance to historical person-time is at most the
    root below ``k / c`` of ``LLR = critical_value``.  Surveillance ends with *events_max* events.

    >>> [round(ratio, 4) for ratio in cmaxsprt_boundary(20, 4, 3.0, minimum_events=2)]
    [0.0086, 0.0224, 0.04]

    Raises ValueError where *historical_events* or *minimum_events* is not at least 1,
    *events_max* is below *minimum_events*, or *critical_value* is not above zero.
    """
    (c,) = checked_counts("historical_events", [historical_events], at_least=1)
    (first,) = checked_counts("minimum_events", [minimum_events], at_least=1)
    (last,) = checked_counts("events_max", [events_max], at_least=first)
    check_positive("critical_value", critical_value)
    k = np.arange(first, last + 1.0)
    constant = c * np.log(c / (c + k)) + k * np.log(k / (c + k)) - critical_value
    # In u = log ratio the function (c + k) log(1 + e^u) - k u is convex and falls below log(k / c):
    # Newton's method from the left of its root rises to it without overshooting.
    u = constant / k
    for _ in range(100):
        value = (c + k) * np.log1p(np.exp(u)) - k * u + constant
        step = value / (k - (c + k) / (1.0 + np.exp(-u)))
        u = u + step
        if np.all(np.abs(step) < 1e-14 * np.maximum(np.abs(u), 1.0)):
            break
    return np.exp(u).tolist()


def cmaxsprt_type_i_error(
    historical_events: int,
    events_max: int,
    critical_value: float,
    *,
    history_end: HistoryEnd,
    minimum_events: int = 1,
) -> float:
    """Return the exact probability of a signal where both rates are equal.

    Given the events under surveillance up to the last ratio, their times are uniform, whatever
    the rate and the historical time.  So the share of paths without a signal is found for each
    number of events, and averaged over the distribution of that number.

    >>> round(
    ...     cmaxsprt_type_i_error(
    ...         20, 20, 3.053029, history_end=HistoryEnd.AT_EVENT, minimum_events=2
    ...     ),
    ...     6,
    ... )
    0.05

    Raises ValueError as `cmaxsprt_boundary` does.
    """
    ratios = cmaxsprt_boundary(
        historical_events, events_max, critical_value, minimum_events=minimum_events
    )
    unsignalled = _unsignalled_shares(ratios, minimum_events)
    counts = _COUNTS[history_end](int(historical_events), ratios[-1], len(unsignalled))
    return max(0.0, 1.0 - float(unsignalled @ counts))


def cmaxsprt_critical_value(
    historical_events: int,
    events_max: int,
    alpha: float,
    *,
    history_end: HistoryEnd,
    minimum_events: int = 1,
) -> float:
    """Return the exact critical value of the log likelihood ratio for type I error *alpha*.

    Continuous monitoring until *events_max* events (Li & Kulldorff 2010; Silva, Li & Kulldorff
    2019, Sequential Analysis 38:115-133).

    >>> round(
    ...     cmaxsprt_critical_value(
    ...         20, 20, 0.05, history_end=HistoryEnd.AT_EVENT, minimum_events=2
    ...     ),
    ...     6,
    ... )
    3.053029

    Raises ValueError as `cmaxsprt_boundary` does, where *alpha* is not between 0 and 1, and where
    no rule has that error.
    """

    def type_i_error(critical_value: float) -> float:
        return cmaxsprt_type_i_error(
            historical_events,
            events_max,
            critical_value,
            history_end=history_end,
            minimum_events=minimum_events,
        )

    high = 8.0
    while high < LARGEST and type_i_error(high) > alpha:
        high *= 2.0
    return continuous_critical_value(type_i_error, alpha, low=SMALLEST, high=high)


def _unsignalled_shares(ratios: list[float], first: int) -> Floats:
    """Return, for each number of events at the last ratio, the share of paths without a signal.

    With fewer than k events at the k-th ratio there is no signal there.  Of m events up to a
    ratio, those up to the ratio before it are binomial.
    """
    shares = np.ones(first)
    counts = np.arange(first + len(ratios) - 1)
    log_ways = gammaln(counts[:, np.newaxis] + 1.0) - gammaln(counts + 1.0)
    log_ways = log_ways - gammaln(np.maximum(counts[:, np.newaxis] - counts, 0) + 1.0)
    for before, ratio in pairwise(ratios):
        events = counts[: len(shares) + 1, np.newaxis]
        earlier = counts[: len(shares)]
        logs = xlogy(earlier, before / ratio) + xlog1py(
            np.maximum(events - earlier, 0), -before / ratio
        )
        ways = np.exp(log_ways[: len(shares) + 1, : len(shares)] + logs)
        shares = np.where(earlier <= events, ways, 0.0) @ shares
    return shares


def _counts_after_event(historical_events: int, ratio: float, size: int) -> Floats:
    """Return the probabilities of 0 to *size* - 1 events: a negative binomial distribution."""
    events = np.arange(float(size))
    log_ways = gammaln(historical_events + events) - gammaln(events + 1.0)
    share = ratio / (1.0 + ratio)
    logs = log_ways + xlogy(events, share) + xlog1py(historical_events, -share)
    return np.exp(logs - gammaln(float(historical_events)))


def _counts_between_events(historical_events: int, ratio: float, size: int) -> Floats:
    """Return the probabilities of 0 to *size* - 1 events, of which the rest of history adds some.

    The time from the last historical event to the end is uniform up to the next event.  Events in
    the matching time have the generating function ``log(1 + s) / s`` at ``s = ratio (1 - z)``;
    its coefficients are ``sum_(i > j) q^i / i / ratio`` with ``q = ratio / (1 + ratio)``.
    """
    q = ratio / (1.0 + ratio)
    # Terms of higher orders are below the precision of the sum; the smallest are added first.
    orders = np.arange(size + ceil(40.0 * (1.0 + ratio)), 0.0, -1.0)
    tails = np.cumsum(q**orders / orders)[::-1][:size] / ratio
    return np.convolve(_counts_after_event(historical_events, ratio, size), tails)[:size]


_COUNTS: dict[HistoryEnd, Callable[[int, float, int], Floats]] = {
    HistoryEnd.AT_EVENT: _counts_after_event,
    HistoryEnd.BETWEEN_EVENTS: _counts_between_events,
}
