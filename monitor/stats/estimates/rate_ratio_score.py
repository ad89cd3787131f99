"""A ratio of two event rates with score limits, shorter than the exact conditional ones."""

from __future__ import annotations

from monitor.stats.estimate import Estimate, checked_rate, normal_quantile
from monitor.stats.rate_ratio import OddsLimits, rate_ratio_of_odds


def rate_ratio_score(
    *,
    events: int,
    person_time: float,
    control_events: int,
    control_person_time: float,
    confidence: float = 0.95,
) -> Estimate:
    """Return the rate on treatment over the rate on control, with limits from the score test.

    The score test of two Poisson rates is the score test of the share of events on treatment, so
    the limits of the odds are Wilson's (Miettinen & Nurminen 1985, Statistics in Medicine
    4:213-226; Gu et al. 2008, Biometrical Journal 50:283-298).  Coverage is *confidence* on
    average.  Without events or person-time the value is None.  Raises ValueError where an
    argument is out of range.

    >>> ours = rate_ratio_score(
    ...     events=60, person_time=51477.5, control_events=30, control_person_time=54308.7
    ... )
    >>> [round(x, 6) for x in ours]
    [2.109998, 1.365962, 3.259306]
    """
    events, person_time = checked_rate(events, person_time)
    control_events, control_person_time = checked_rate(control_events, control_person_time)
    z = normal_quantile(confidence)
    odds = OddsLimits(_low_odds(events, control_events, z), _low_odds(control_events, events, z))
    return rate_ratio_of_odds(events, person_time, control_events, control_person_time, odds)


def _low_odds(events: int, other_events: int, z: float) -> float:
    """Return the lower root of ``(x - odds y)^2 = z^2 odds (x + y)``, without cancellation."""
    half_sum = events * other_events + z * z * (events + other_events) / 2.0
    spread = half_sum * half_sum - float(events * other_events) ** 2
    denominator = half_sum + max(0.0, spread) ** 0.5
    return events * events / denominator if denominator else 0.0
