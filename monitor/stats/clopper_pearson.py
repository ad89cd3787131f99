"""A proportion of patients with exact limits, for a reader who must not be told too little."""

from __future__ import annotations

from scipy.special import betaincinv

from monitor.stats.estimate import Estimate, checked_proportion, tail_probability


def clopper_pearson(events: int, patients: int, *, confidence: float = 0.95) -> Estimate:
    """The share of *patients* with an event, with exact binomial limits.

    Each limit is the share at which a count this far out has half of ``1 - confidence``, so the
    interval holds the true share at least as often as it says (Clopper & Pearson 1934, Biometrika
    26:404-413).

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
