"""Upper bounds of log E of a concurrent watch, from summaries of its risk sets."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor

import numpy as np

from monitor.stats.e_value import HARM_RATIOS, LOG_HARM_RATIOS, Floats, log_mean_exp
from monitor.stats.estimate import check_amount

EXCESS_RATIOS: Floats = HARM_RATIOS - 1.0
"""``theta - 1`` at each of the 33 harmful rate ratios."""
SHARE_STEPS = 64
"""Shares and excesses are rounded to multiples of 1/64, so that few bounds are computed."""
LOG_FACTORS: Floats = np.log1p(np.outer(np.arange(SHARE_STEPS + 1) / SHARE_STEPS, EXCESS_RATIOS))
"""``log(1 + share (theta - 1))`` by share (0, 1/64, ... 1) and harmful rate ratio: (65, 33)."""


def log_e_bound_of_shares(treated: int, events: int, low: float, high: float, mean: float) -> float:
    """Return an upper bound of log E from the smallest, largest and mean share of *events* events.

    ``log(1 + share (theta - 1))`` increases with the share and is concave in it.  Hence it is at
    least its chord from *low* to *high*, and its sum over the events is at least *events* times
    the chord at *mean*.  Understated shares only raise the bound, so *low* and *mean* are rounded
    down and *high* up to multiples of 1/64, and bounds are cached (docs/statistics.md, "Shortcuts
    that cannot change a verdict").  Raises ValueError where the shares are not between 0 and 1.
    """
    return _chord_bound(
        treated,
        events,
        floor(low * SHARE_STEPS),
        ceil(high * SHARE_STEPS),
        floor(mean * SHARE_STEPS),
    )


def log_e_bound_of_excess(excess: float) -> float:
    """Return an upper bound of log E from *excess*: treated events less the sum of the shares.

    The log-likelihood is concave in ``log(theta)``, so it is at most its tangent at ratio 1, whose
    slope is *excess*.  *excess* is rounded up to a multiple of 1/64, a negative one to 0.

    >>> round(log_e_bound_of_excess(-0.5), 3), round(log_e_bound_of_excess(1.0), 3)
    (0.0, 1.929)
    """
    return _tangent_bound(max(0, ceil(excess * SHARE_STEPS)))


@lru_cache
def excess_needed(floor: float) -> float:
    """Return the largest multiple of 1/64 at which `log_e_bound_of_excess` is below *floor*.

    A watch needs a larger excess than this for log E to reach *floor*, a finite log e-value of 0
    or more.  Raises ValueError for another.

    >>> from math import log
    >>> needed = excess_needed(log(10.0))
    >>> needed, log_e_bound_of_excess(needed) < log(10.0) < log_e_bound_of_excess(needed + 1 / 64)
    (1.15625, True)
    """
    check_amount("floor", floor)
    steps = 0
    while _tangent_bound(steps + 1) < floor:
        steps += 1
    return steps / SHARE_STEPS


@lru_cache(maxsize=1 << 12)
def _tangent_bound(sixty_fourths: int) -> float:
    return log_mean_exp(sixty_fourths / SHARE_STEPS * LOG_HARM_RATIOS)


@lru_cache(maxsize=1 << 13)
def _chord_bound(treated: int, events: int, low: int, high: int, mean: int) -> float:
    if not (0 <= treated <= events and 0 <= low <= high <= SHARE_STEPS and mean >= 0):
        raise ValueError("counts or shares are out of range: give shares between 0 and 1")
    chord_weight = max(0.0, (mean - low) / (high - low)) if high > low else 0.0
    chord = (1 - chord_weight) * LOG_FACTORS[low] + chord_weight * LOG_FACTORS[high]
    return log_mean_exp(treated * LOG_HARM_RATIOS - events * chord)
