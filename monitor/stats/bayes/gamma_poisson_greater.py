"""The posterior probability that one event rate exceeds another times a ratio."""

from __future__ import annotations

from scipy.special import betaincc

from monitor.stats.estimate import check_amount, check_positive, checked_rate


def probability_rate_ratio_above(
    *,
    events: int,
    person_time: float,
    control_events: int,
    control_person_time: float,
    ratio: float = 1.0,
    prior_shape: float = 0.5,
    prior_rate: float = 0.0,
) -> float:
    """Return the posterior probability that the rate ratio exceeds *ratio*.

    Both rates have the gamma prior with *prior_shape* and *prior_rate*; shape 1/2 and rate 0 is
    Jeffreys'.  The rates are then gamma, and their share of a weighted sum is beta: the
    probability is ``P(B > r t1 / (r t1 + t0))`` with ``B ~ Beta(x1 + a, x0 + a)`` and the prior
    rate added to both times (Gelman et al. 2013, Bayesian Data Analysis, section 2.6).  Raises
    ValueError where an argument is out of range, and where person-time and *prior_rate* are both 0.

    >>> round(
    ...     probability_rate_ratio_above(
    ...         events=8,
    ...         person_time=30,
    ...         control_events=1,
    ...         control_person_time=31,
    ...         prior_shape=1,
    ...         prior_rate=1,
    ...     ),
    ...     6,
    ... )
    0.990578
    """
    x1, t1 = checked_rate(events, person_time)
    x0, t0 = checked_rate(control_events, control_person_time)
    check_positive("ratio", ratio)
    check_positive("prior_shape", prior_shape)
    check_amount("prior_rate", prior_rate)
    first, second = ratio * (t1 + prior_rate), t0 + prior_rate
    if not first or not second:
        raise ValueError("person_time and prior_rate are 0 on an arm: give a prior_rate above 0")
    return float(betaincc(x1 + prior_shape, x0 + prior_shape, first / (first + second)))
