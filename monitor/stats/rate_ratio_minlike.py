"""The two-sided p of base R for a rate ratio, for comparing with tables that print it."""

from __future__ import annotations

from bisect import bisect
from math import lgamma, log, log1p

from scipy.special import betainc

from monitor.stats.estimate import checked_rate
from monitor.stats.rate_ratio import null_share

TIE_TOLERANCE = 1e-7
"""Log probabilities this close are equal: base R's own tolerance in ``binom.test``."""


def rate_ratio_minlike_p(
    *,
    events: int,
    person_time: float,
    control_events: int,
    control_person_time: float,
    null_ratio: float = 1.0,
) -> float:
    """The exact conditional p that adds up every split no likelier than the one observed.

    What ``poisson.test`` in base R prints.  It is valid, but no interval the page shows agrees with
    it: beside limits, show `rate_ratio_test` (Fay 2010, Biostatistics 11:373-374).

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
        # Mirrored, so that what was observed is always at or below the likeliest split.
        events, share = control_events, null_share(control_person_time, person_time, 1 / null_ratio)
    return _both_tails(events, total, share)


def _both_tails(events: int, total: int, share: float) -> float:
    """The chance of *events* or fewer, and of every number above that is no likelier."""

    def log_probability(k: int) -> float:
        log_combinations = lgamma(total + 1) - lgamma(k + 1) - lgamma(total - k + 1)
        return log_combinations + k * log(share) + (total - k) * log1p(-share)

    # From the likeliest number upwards the chances only fall, so the first low one can be searched.
    above = range(max(events + 1, int((total + 1) * share)), total + 1)
    first = above.start + bisect(
        above, -log_probability(events) - TIE_TOLERANCE, key=lambda k: -log_probability(k)
    )
    lower_tail = float(betainc(total - events, events + 1, 1.0 - share)) if events < total else 1.0
    upper_tail = float(betainc(first, total - first + 1, share)) if first <= total else 0.0
    return min(1.0, lower_tail + upper_tail)
