"""A ratio of two event rates with exact conditional limits, and the p-values that agree."""

from __future__ import annotations

from typing import NamedTuple

from scipy.special import betainc, betainccinv, betaincinv

from monitor.stats.estimate import Estimate, checked_rate, tail_probability
from monitor.stats.root import root


class TailProbabilities(NamedTuple):
    """One-sided p-values in both directions, and *two_sided* as defined by the test in use."""

    two_sided: float
    greater: float
    less: float


def rate_ratio(
    *,
    events: int,
    person_time: float,
    control_events: int,
    control_person_time: float,
    confidence: float = 0.95,
    mid_p: bool = False,
) -> Estimate:
    """Return the rate on treatment over the rate on control, with exact conditional limits.

    Given the total of events, those on treatment are binomial.  The limits are Clopper and
    Pearson's of that share (Przyborowski & Wilenski 1940, Biometrika 31:313-323).  They hold 1
    exactly when the two-sided p of `rate_ratio_test` is above ``1 - confidence``.  With *mid_p*
    they are shorter, and coverage is not guaranteed.  Person-times have any common unit.

    >>> arms = dict(events=2, person_time=17877, control_events=9, control_person_time=16660)
    >>> [round(x, 6) for x in rate_ratio(**arms)]
    [0.207094, 0.021774, 1.000549]
    >>> [round(x, 6) for x in rate_ratio(**arms, mid_p=True)]
    [0.207094, 0.030496, 0.869523]
    >>> rate_ratio(events=0, person_time=9.0, control_events=0, control_person_time=8.0)
    Estimate(value=None, low=0.0, high=inf)
    """
    events, person_time = checked_rate(events, person_time)
    control_events, control_person_time = checked_rate(control_events, control_person_time)
    odds = odds_limits(events, control_events, confidence=confidence, mid_p=mid_p)
    return rate_ratio_of_odds(events, person_time, control_events, control_person_time, odds)


class OddsLimits(NamedTuple):
    """Limits of the odds that an event is on treatment: the lower, and 1 over the upper."""

    low: float
    swapped_low: float


def odds_limits(
    events: int, control_events: int, *, confidence: float = 0.95, mid_p: bool = False
) -> OddsLimits:
    """Return the limits behind `rate_ratio`, which do not depend on the person-times."""
    tail_area = tail_probability(confidence)
    low_odds = _low_odds_mid_p if mid_p else _low_odds
    return OddsLimits(
        low_odds(events, control_events, tail_area), low_odds(control_events, events, tail_area)
    )


def rate_ratio_of_odds(
    events: int,
    person_time: float,
    control_events: int,
    control_person_time: float,
    odds: OddsLimits,
) -> Estimate:
    """Return `rate_ratio` from the *odds* limits of the same events; arguments are not checked."""
    if not (events or control_events) or not (person_time and control_person_time):
        return Estimate(None, 0.0, float("inf"))
    scale = control_person_time / person_time
    return Estimate(
        events / control_events * scale if control_events else float("inf"),
        odds.low * scale,
        scale / odds.swapped_low if odds.swapped_low else float("inf"),
    )


def rate_ratio_test(
    *,
    events: int,
    person_time: float,
    control_events: int,
    control_person_time: float,
    null_ratio: float = 1.0,
    mid_p: bool = False,
) -> TailProbabilities:
    """Return the exact conditional p-values of a true rate ratio of *null_ratio*.

    *greater* is small when treatment has the higher rate.  *two_sided* is twice the smaller of
    the two, at most 1: the p-value with which the limits of `rate_ratio` agree (Fay 2010, R
    Journal 2:53-58).  Raises ValueError where an argument is out of range.

    >>> ours = rate_ratio_test(
    ...     events=2, person_time=17877, control_events=9, control_person_time=16660
    ... )
    >>> [round(x, 6) for x in ours]
    [0.050106, 0.995787, 0.025053]
    """
    events, person_time = checked_rate(events, person_time)
    control_events, control_person_time = checked_rate(control_events, control_person_time)
    share = null_share(person_time, control_person_time, null_ratio)
    greater = _probability_at_least(events, control_events, share, mid_p)
    # The other tail is computed from the control arm's share: ``1 - greater`` loses small tails.
    swapped_share = null_share(control_person_time, person_time, 1.0 / null_ratio)
    less = _probability_at_least(control_events, events, swapped_share, mid_p)
    return TailProbabilities(min(1.0, 2.0 * min(greater, less)), greater, less)


def null_share(person_time: float, control_person_time: float, null_ratio: float) -> float:
    """Return the expected share of all events on treatment when the rate ratio is *null_ratio*.

    Raises ValueError where *null_ratio* is not finite and above 0.

    >>> null_share(50.0, 150.0, 1.0)
    0.25
    """
    if not 0.0 < null_ratio < float("inf"):
        raise ValueError(f"null_ratio is {null_ratio!r}: give a finite ratio above 0, like 1.0")
    weighted_time = null_ratio * person_time
    # Without person-time there are no events, and any share gives a p of 1.
    return (
        weighted_time / (weighted_time + control_person_time)
        if weighted_time or control_person_time
        else 0.5
    )


def _probability_at_least(events: int, other_events: int, share: float, mid_p: bool) -> float:
    """Return P(at least *events* on this arm), the observed number counted half with *mid_p*."""
    at_least = float(betainc(events, other_events + 1, share)) if events else 1.0
    if not mid_p:
        return at_least
    more_than = float(betainc(events + 1, other_events, share)) if other_events else 0.0
    return (at_least + more_than) / 2.0


def _low_odds(events: int, other_events: int, tail_area: float) -> float:
    """Return the odds of being on this arm at which P(at least *events*) is *tail_area*."""
    if not events:
        return 0.0
    share = float(betaincinv(events, other_events + 1, tail_area))
    # The complement is computed directly: near 1, ``1 - share`` would keep few digits.
    return share / float(betainccinv(other_events + 1, events, tail_area))


def _low_odds_mid_p(events: int, other_events: int, tail_area: float) -> float:
    """Return `_low_odds` with the observed number counted half, by root finding.

    The root lies between the two exact limits.
    """
    if not events:
        return 0.0
    exact_odds = _low_odds(events, other_events, tail_area)
    swapped_odds = _low_odds(other_events, events, tail_area)
    share = root(
        lambda share: _probability_at_least(events, other_events, share, mid_p=True) - tail_area,
        exact_odds / (1.0 + exact_odds),
        1.0 / (1.0 + swapped_odds),
    )
    return share / (1.0 - share)
