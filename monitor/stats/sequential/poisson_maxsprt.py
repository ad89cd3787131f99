"""Poisson MaxSPRT: first events against a known rate, monitored continuously."""

from __future__ import annotations

from math import ceil, log, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import lambertw

from monitor.stats.e_value import Floats
from monitor.stats.estimate import check_amount, check_positive, checked_count, checked_counts
from monitor.stats.sequential.critical_value import continuous_critical_value
from monitor.stats.sequential.poisson_paths import poisson_crossing, poisson_mean_time

SMALLEST, LARGEST = 1e-9, 700.0
"""The critical values between which one is looked for."""


class PoissonPerformance(NamedTuple):
    """The power of a rule at one rate ratio, and when it ends, in events expected under the null.

    *expected_time_to_signal* is the mean over the paths that signal, None where none does.
    *expected_sample_size* counts paths that do not signal at their end.
    """

    power: float
    expected_time_to_signal: float | None
    expected_sample_size: float


def poisson_maxsprt_llr(observed: int, expected: float) -> float:
    """Return the log of the maximal likelihood ratio of *observed* events where *expected* are.

    ``(expected - observed) + observed log(observed / expected)`` where more are observed than
    expected, else 0 (Kulldorff et al. 2011, Sequential Analysis 30:58-78).

    >>> round(poisson_maxsprt_llr(1, 0.05), 6)
    2.045732
    >>> poisson_maxsprt_llr(3, 5.0)
    0.0

    Raises ValueError where *observed* is no count, *expected* is negative or not finite, or there
    are events where none can be.
    """
    observed = checked_count("observed", observed)
    check_amount("expected", expected)
    if observed and not expected:
        raise ValueError(f"{observed} events with expected 0: count the days of the events")
    if observed <= expected:
        return 0.0
    return (expected - observed) + observed * log(observed / expected)


def signal_times(counts: Floats, critical_value: float) -> Floats:
    """Return the expected events up to which each of *counts* has a ratio of *critical_value*.

    The root below k of ``LLR(k, tau) = critical_value`` is ``tau_k = -k W(-exp(-1 - critical_value
    / k))`` with Lambert's W.

    >>> signal_times(np.array([1.0, 2.0]), 2.853937).round(4).tolist()
    [0.0217, 0.1947]

    Raises ValueError where a count or *critical_value* is not above zero.
    """
    check_positive("critical_value", critical_value)
    check_positive("counts", float(np.min(counts)))
    argument: Floats = -np.exp(-1.0 - critical_value / counts)
    return -counts * lambertw(argument, 0).real


def poisson_maxsprt_boundary(
    expected_at_end: float, critical_value: float, *, minimum_events: int = 1, delay: float = 0.0
) -> tuple[list[float], list[int]]:
    """Return the times, in expected events, up to which reaching each count is a signal.

    The k-th event signals where it comes up to its time of `signal_times`.  No signal is given
    before *minimum_events* events, or before *delay* events are expected.  The last time is
    *expected_at_end*.

    >>> times, counts = poisson_maxsprt_boundary(1.0, 2.853937)
    >>> [round(time, 4) for time in times], counts
    ([0.0217, 0.1947, 0.5043, 0.9037, 1.0], [1, 2, 3, 4, 5])

    Raises ValueError where *expected_at_end* or *critical_value* is not above zero,
    *minimum_events* is not at least 1, or *delay* is not between 0 and *expected_at_end*.
    """
    check_positive("expected_at_end", expected_at_end)
    check_positive("critical_value", critical_value)
    (first,) = checked_counts("minimum_events", [minimum_events], at_least=1)
    if not 0.0 <= delay <= expected_at_end:
        raise ValueError(f"delay is {delay!r}: give a number from 0 to {expected_at_end!r}")
    most = expected_at_end + sqrt(2.0 * critical_value * expected_at_end) + critical_value
    counts = np.arange(first, max(first, ceil(most)) + 2)
    times = signal_times(counts.astype(float), critical_value)
    last = int(np.searchsorted(times, expected_at_end))
    times, counts = np.minimum(times[: last + 1], expected_at_end), counts[: last + 1]
    later = times > delay
    boundary: tuple[list[float], list[int]] = times[later].tolist(), counts[later].tolist()
    if not delay:
        return boundary
    # At the delay itself all events so far are looked at, against the limit of that time.
    at_delay = int(counts[np.searchsorted(times, delay)])
    return [delay, *boundary[0]], [at_delay, *boundary[1]]


def poisson_maxsprt_type_i_error(
    expected_at_end: float, critical_value: float, *, minimum_events: int = 1, delay: float = 0.0
) -> float:
    """Return the exact probability of a signal where the rate is the expected one.

    >>> round(poisson_maxsprt_type_i_error(1.0, 2.853937), 6)
    0.05

    Raises ValueError as `poisson_maxsprt_boundary` does.
    """
    return poisson_crossing(
        *poisson_maxsprt_boundary(
            expected_at_end, critical_value, minimum_events=minimum_events, delay=delay
        )
    )


def poisson_maxsprt_critical_value(
    expected_at_end: float, alpha: float, *, minimum_events: int = 1, delay: float = 0.0
) -> float:
    """Return the exact critical value of the log likelihood ratio for type I error *alpha*.

    Continuous monitoring until *expected_at_end* events are expected (Kulldorff et al. 2011),
    with at least *minimum_events* events before a signal and none before *delay* are expected
    (Kulldorff & Silva 2017, REVSTAT 15:373-394).  A delay makes the error jump; the critical value
    is then the smallest one whose error is at most *alpha*.

    >>> round(poisson_maxsprt_critical_value(10.0, 0.05, minimum_events=3), 6)
    3.064248

    Raises ValueError where *alpha* is not between 0 and 1, where no rule has that error, and as
    `poisson_maxsprt_boundary` does.
    """

    def type_i_error(critical_value: float) -> float:
        return poisson_maxsprt_type_i_error(
            expected_at_end, critical_value, minimum_events=minimum_events, delay=delay
        )

    high = 8.0
    while high < LARGEST and type_i_error(high) > alpha:
        high *= 2.0
    return continuous_critical_value(type_i_error, alpha, low=SMALLEST, high=high)


def poisson_maxsprt_performance(
    expected_at_end: float,
    critical_value: float,
    rate_ratio: float,
    *,
    minimum_events: int = 1,
    delay: float = 0.0,
) -> PoissonPerformance:
    """Return power, mean time to a signal and mean length of the rule at *rate_ratio*.

    Times are in events expected under the null.

    >>> [round(value, 4) for value in poisson_maxsprt_performance(10.0, 3.467952, 2.0)]
    [0.6851, 4.131, 5.9794]

    Raises ValueError where *rate_ratio* is not above zero, and as `poisson_maxsprt_boundary` does.
    """
    check_positive("rate_ratio", rate_ratio)
    times, limits = poisson_maxsprt_boundary(
        expected_at_end, critical_value, minimum_events=minimum_events, delay=delay
    )
    return performance_of(times, limits, rate_ratio, monitored_from=delay)


def performance_of(
    times: list[float], limits: list[int], rate_ratio: float, *, monitored_from: float
) -> PoissonPerformance:
    """Return the performance of a boundary of counts at times in expected events.

    >>> round(performance_of([1.0], [1], 1.0, monitored_from=1.0).power, 6)  # 1 - exp(-1)
    0.632121

    Raises ValueError as `poisson_paths.poisson_mean_time` does.
    """
    check_positive("rate_ratio", rate_ratio)
    power = poisson_crossing(times, limits, rate=rate_ratio)
    mean = poisson_mean_time(times, limits, rate=rate_ratio, monitored_from=monitored_from)
    signalled = (mean - times[-1] * (1.0 - power)) / power if power else None
    return PoissonPerformance(power, signalled, mean)
