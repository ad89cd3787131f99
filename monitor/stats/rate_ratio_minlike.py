"""The two-sided p of base R's ``poisson.test`` for a rate ratio, for tables that print it."""

from __future__ import annotations

from bisect import bisect
from math import lgamma, log, log1p

from scipy.special import betainc

from monitor.stats.estimate import checked_rate
from monitor.stats.rate_ratio import null_share

TIE_TOLERANCE = 1e-7
"""Log probabilities this close are equal: the tolerance of base R's ``binom.test``."""


def rate_ratio_minlike_p(
    *,
    events: int,
    person_time: float,
    control_events: int,
    control_person_time: float,
    null_ratio: float = 1.0,
) -> float:
    """Return the exact conditional p-value that sums all splits no likelier than the observed one.

    ``poisson.test`` in base R prints it.  It is valid, but no interval of this package agrees with
    it: beside limits, show `rate_ratio_test` (Fay 2010, Biostatistics 11:373-374).  Person-times
    have any common unit.  Raises ValueError where an argument is out of range.

    >>> arms = dict(events=11, person_time=800, control_events=21, control_person_time=3011)
    >>> round(rate_ratio_minlike_p(**arms), 6)
    0.079669
    """
    events, person_time = checked_rate(events, person_time)
    control_events, control_person_time = checked_rate(control_events, control_person_time)
    share = null_share(person_time, control_person_time, null_ratio)
    total = events + control_events
    if not total or not 0.0 < share < 1.0:
        return 1.0
    if events > share * (total + 1):
        # Exchange the arms, so that the observed split is at or below the likeliest one.
        events, share = control_events, null_share(control_person_time, person_time, 1 / null_ratio)
    return _both_tails(events, total, share)


def _both_tails(events: int, total: int, share: float) -> float:
    """Return P(at most *events*) plus the probability of every larger number no likelier."""

    def log_probability(k: int) -> float:
        log_combinations = lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1)
        return log_combinations + k * log(share) + (total - k) * log1p(-share)

    # Probabilities decrease above the likeliest number, so bisection finds the first low one.
    above = range(max(events + 1, int((total + 1) * share)), total + 1)
    first = above.start + bisect(
        above, -log_probability(events) - TIE_TOLERANCE, key=lambda k: -log_probability(k)
    )
    lower_tail = float(betainc(total - events, events + 1, 1.0 - share)) if events < total else 1.0
    upper_tail = float(betainc(first, total - first + 1, share)) if first <= total else 0.0
    return min(1.0, lower_tail + upper_tail)
