"""Stopping rules of one arm, for events by person-time against a tolerable rate."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, isfinite, log
from typing import NamedTuple

import numpy as np
from scipy.special import gammainccinv

from monitor.stats.e_value import Floats
from monitor.stats.estimate import check_positive
from monitor.stats.root import root
from monitor.stats.sequential.critical_value import continuous_critical_value
from monitor.stats.sequential.poisson_maxsprt import signal_times
from monitor.stats.sequential.poisson_paths import poisson_crossing, poisson_mean_time


class TimeRule(NamedTuple):
    """A family of rules: by critical value, the latest time at which each count of events stops.

    *latest* takes counts of events and the critical value; times are in events expected at the
    tolerable rate, not above zero where the count never stops.  *low* and *high* are critical
    values between which rules lie, from the widest to the narrowest.
    """

    latest: Callable[[Floats, float], Floats]
    low: float
    high: float


class PersonTimeRule(NamedTuple):
    """The person-time up to which each count of events stops, and the last person-time.

    ``limits[i]`` events stop at ``person_time[i]`` or earlier, after the entry before it.
    """

    person_time: list[float]
    limits: list[int]
    critical_value: float

    def stop_probability(self, rate: float) -> float:
        """Return the probability of a stop where events come at *rate* per unit of person-time.

        Raises ValueError where *rate* is not above zero.
        """
        return poisson_crossing(self.person_time, self.limits, rate=rate)

    def mean_person_time(self, rate: float) -> float:
        """Return the mean person-time at the stop or the end, at *rate*.

        Raises ValueError where *rate* is not above zero.
        """
        return poisson_mean_time(self.person_time, self.limits, rate=rate)


def wang_tsiatis_times(delta: float, expected_events: float) -> TimeRule:
    """Return the rules ``events >= m + c (m / M)^(delta - 0.5) sqrt(m)``, m events being expected.

    *expected_events* is M, the number at the planned end.  *delta* 0 is O'Brien & Fleming's shape,
    0.5 Pocock's (Wang & Tsiatis 1987, Biometrics 43:193-199; Martens et al. 2025, Clinical Trials
    22:267-278).

    Raises ValueError where *delta* is not between 0 and 1 or *expected_events* is not above zero.
    """
    if not 0.0 <= delta <= 1.0:
        raise ValueError(f"delta is {delta!r}: give a number from 0 to 1, like 0.25")
    check_positive("expected_events", expected_events)

    def latest(counts: Floats, critical_value: float) -> Floats:
        scale = critical_value * expected_events ** (0.5 - delta)
        if delta == 0.5:
            return counts + scale * (scale - np.sqrt(4.0 * counts + scale * scale)) / 2.0
        if not delta:
            return counts - scale
        return np.array([_time_of(float(count), scale, delta) for count in counts])

    return TimeRule(latest, 1e-6, 40.0)


def sprt_times(rate_ratio: float) -> TimeRule:
    """Return the rules of the truncated SPRT: ``events log(rr) - (rr - 1) m >= c``.

    Raises ValueError where *rate_ratio* is not finite and above 1.
    """
    if not (rate_ratio > 1.0 and isfinite(rate_ratio)):
        raise ValueError(f"rate_ratio is {rate_ratio!r}: give a number above 1, like 2")

    def latest(counts: Floats, critical_value: float) -> Floats:
        return (counts * log(rate_ratio) - critical_value) / (rate_ratio - 1.0)

    return TimeRule(latest, 1e-6, 200.0)


def maxsprt_times() -> TimeRule:
    """Return the rules that stop at a maximal log likelihood ratio of c (Kulldorff et al. 2011)."""
    return TimeRule(signal_times, 1e-6, 200.0)


def gamma_poisson_times(prior_events: float, prior_expected: float) -> TimeRule:
    """Return the rules that stop where the rate is above the tolerable one with probability c.

    The prior is gamma: like *prior_events* events where *prior_expected* are expected at the
    tolerable rate (Kashiwabara, Matsuyama & Ohashi 2014, Therapeutic Innovation & Regulatory
    Science 48:444-452).

    Raises ValueError where a parameter is not above zero.
    """
    check_positive("prior_events", prior_events)
    check_positive("prior_expected", prior_expected)

    def latest(counts: Floats, critical_value: float) -> Floats:
        total = np.asarray(gammainccinv(prior_events + counts, critical_value), dtype=float)
        return total - prior_expected

    return TimeRule(latest, 1e-6, 1.0 - 1e-12)


def stopping_rule_person_time(
    rule: TimeRule, null_rate: float, person_time_max: float, alpha: float
) -> PersonTimeRule:
    """Return the rule that stops falsely with probability *alpha*, by person-time.

    Events are a Poisson process in person-time, monitored continuously up to *person_time_max*;
    the error at *null_rate* is exact, and smaller below it.

    >>> rule = stopping_rule_person_time(wang_tsiatis_times(0.5, 10.0), 0.01, 1000.0, 0.1)
    >>> round(rule.stop_probability(0.01), 6), [round(time, 1) for time in rule.person_time[:3]]
    (0.1, [7.0, 24.9, 50.5])

    Raises ValueError where *null_rate* or *person_time_max* is not above zero, *alpha* is not
    between 0 and 1, or no rule has that error.
    """
    check_positive("null_rate", null_rate)
    check_positive("person_time_max", person_time_max)

    def type_i_error(critical_value: float) -> float:
        boundary = _boundary(rule, null_rate, person_time_max, critical_value)
        return poisson_crossing(*boundary, rate=null_rate)

    value = continuous_critical_value(type_i_error, alpha, low=rule.low, high=rule.high)
    return PersonTimeRule(*_boundary(rule, null_rate, person_time_max, value), value)


def stopping_rule_person_time_at(
    rule: TimeRule, null_rate: float, person_time_max: float, critical_value: float
) -> PersonTimeRule:
    """Return the rule of a given critical value.

    >>> stopping_rule_person_time_at(maxsprt_times(), 0.01, 200.0, 3.0).limits
    [1, 2, 3, 4, 5, 6, 7]

    Raises ValueError where *null_rate* or *person_time_max* is not above zero, or
    *critical_value* is not one of the family.
    """
    check_positive("null_rate", null_rate)
    check_positive("person_time_max", person_time_max)
    if not rule.low <= critical_value <= rule.high:
        raise ValueError(
            f"critical_value is {critical_value!r}: give {rule.low!r} to {rule.high!r} here"
        )
    return PersonTimeRule(
        *_boundary(rule, null_rate, person_time_max, critical_value), critical_value
    )


def _time_of(count: float, scale: float, delta: float) -> float:
    """Return where ``m + scale m^delta`` is *count*."""
    return root(lambda m: m + scale * m**delta - count, 0.0, count)


def _boundary(
    rule: TimeRule, null_rate: float, person_time_max: float, critical_value: float
) -> tuple[list[float], list[int]]:
    """Return the person-time up to which each count stops, cut off at *person_time_max*."""
    expected = null_rate * person_time_max
    most = ceil(expected) + 8
    while float(rule.latest(np.array([float(most)]), critical_value)[0]) < expected:
        most *= 2
    counts = np.arange(1.0, most + 1.0)
    latest = rule.latest(counts, critical_value)
    last = int(np.searchsorted(latest, expected))
    times, counts = np.minimum(latest[: last + 1], expected) / null_rate, counts[: last + 1]
    reachable = times > 0.0
    return times[reachable].tolist(), counts[reachable].astype(int).tolist()
