"""A proportion of patients with exact binomial limits (Clopper & Pearson 1934)."""

from __future__ import annotations

from scipy.special import betaincinv

from monitor.stats.estimate import Estimate, checked_proportion, tail_probability


def clopper_pearson(events: int, patients: int, *, confidence: float = 0.95) -> Estimate:
    """Return ``events / patients`` with exact binomial limits, all between 0 and 1.

    At each limit a count at least as extreme as *events* has probability
    ``(1 - confidence) / 2``, so the coverage is at least *confidence*.  With x events of n, low
    and high are the beta quantiles at that tail area of (x, n - x + 1) and at its complement of
    (x + 1, n - x) (Clopper & Pearson 1934, Biometrika 26:404-413).

    *events* counts patients with an event.  Without patients the value is None and the limits
    are 0 and 1.  Raises ValueError where the counts or *confidence* are out of range.

    >>> [round(x, 4) for x in clopper_pearson(15, 148)]
    [0.1014, 0.0578, 0.1617]
    >>> clopper_pearson(0, 30).low, round(clopper_pearson(0, 30).high, 4)
    (0.0, 0.1157)
    """
    events, patients = checked_proportion(events, patients)
    tail_area = tail_probability(confidence)
    if not patients:
        return Estimate(None, 0.0, 1.0)
    low, high = (_lower_limit(x, patients, tail_area) for x in (events, patients - events))
    return Estimate(events / patients, low, 1.0 - high)


def _lower_limit(events: int, patients: int, tail_area: float) -> float:
    return float(betaincinv(events, patients - events + 1, tail_area)) if events else 0.0
