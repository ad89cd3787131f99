"""Evidence of a concurrent watch: the Cox partial likelihood over its risk sets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, inf

import numpy as np
from numpy.typing import NDArray

from monitor.stats.e_value import HARM_RATIOS, LOG_HARM_RATIOS, Floats, log_mean_exp

Counts = NDArray[np.int64] | NDArray[np.bool_]
EXCESS_RATIOS: Floats = HARM_RATIOS - 1.0
SHARE_STEPS = 64
LOG_FACTORS: Floats = np.log1p(np.outer(np.arange(SHARE_STEPS + 1) / SHARE_STEPS, EXCESS_RATIOS))
"""``log(1 + share (theta - 1))`` at shares 0, 1/64, ... 1, by harm point."""


@dataclass(frozen=True, slots=True)
class PartialLikelihood:
    """How many first events are *treated*, and for each the *share* of those at risk on treatment.

    Events whose risk set has an empty arm are left out: their factor is 1.  Shares are an array
    of shape (n,) or, where they are few, a list.  Their order makes no difference to any bit.

    >>> PartialLikelihood.from_counts(
    ...     treated=np.array([1, 1]), on_treatment=np.array([3, 2]), on_control=np.array([9, 0])
    ... ).events
    1
    """

    treated: int
    events: int
    shares: Floats | list[float]

    @classmethod
    def from_counts(
        cls, *, treated: Counts, on_treatment: Counts, on_control: Counts
    ) -> PartialLikelihood:
        """Build from flags and from the numbers at risk on each arm, all of shape (n,)."""
        at_risk_treated, at_risk_control = on_treatment, on_control
        if np.count_nonzero(at_risk_treated) + np.count_nonzero(at_risk_control) < 2 * len(
            at_risk_treated
        ):
            both = (at_risk_treated > 0) & (at_risk_control > 0)
            treated, at_risk_treated, at_risk_control = (
                treated[both],
                at_risk_treated[both],
                at_risk_control[both],
            )
        return cls(
            treated=int(np.count_nonzero(treated)),
            events=len(at_risk_treated),
            shares=at_risk_treated / (at_risk_treated + at_risk_control),
        )

    def log_likelihood(self, log_theta: Floats) -> Floats:
        """``sum_i x_i log(theta) - log(1 + share_i (theta - 1))`` at each of *log_theta*.

        Cox (1975) with Breslow's factor for ties.  At any one look its exponential has mean at
        most 1 under the null (martingale in study time; Hoeffding 1963 for ties).

        >>> sets = PartialLikelihood(treated=1, events=1, shares=np.array([0.5]))
        >>> sets.log_likelihood(np.log([1.0, 3.0])).round(6).tolist()
        [0.0, 0.405465]
        """
        excess = np.expm1(np.minimum(log_theta, 700.0))
        terms = np.log1p(np.sort(self.shares)[:, None] * excess[None, :])
        return self.treated * log_theta - terms.sum(axis=0)

    def log_e_bound(self, *, minimum: float = -inf) -> float:
        """An upper limit of log E from the smallest, largest and mean share alone.

        Where the one from the sum of the shares is below *enough*, it is that.

        >>> sets = PartialLikelihood(treated=1, events=3, shares=np.array([0.4, 0.5, 0.6]))
        >>> sets.log_e_bound() >= log_mean_exp(sets.log_likelihood(LOG_HARM_RATIOS))
        True
        """
        if not self.events:
            return 0.0
        shares, is_list = self.shares, isinstance(self.shares, list)
        total = sum(shares) if is_list else float(np.add.reduce(shares))
        excess_bound = log_e_bound_of_excess(self.treated - total)
        if excess_bound < minimum:
            return excess_bound
        if is_list:
            low, high = min(shares), max(shares)
        else:
            low, high = np.minimum.reduce(shares), np.maximum.reduce(shares)
        return log_e_bound_of_shares(self.treated, self.events, low, high, total / self.events)


def log_e_bound_of_shares(treated: int, events: int, low: float, high: float, mean: float) -> float:
    """An upper limit of log E of *events* events whose shares are only known in summary.

    ``log(1 + share (theta - 1))`` grows with the share and is concave in it, so it lies above its
    chord from *low* to *high*, and its sum over events is at least n times the chord at the
    *mean* share (STATISTICS.md section 2).  Shares may be smaller than they are: the limit only
    rises.  They are rounded outwards to 1/64, so that few limits are ever computed.
    """
    return _chord_bound(
        treated,
        events,
        floor(low * SHARE_STEPS),
        ceil(high * SHARE_STEPS),
        floor(mean * SHARE_STEPS),
    )


def log_e_bound_of_excess(excess: float) -> float:
    """An upper limit of log E from the *excess* of treated events over the sum of the shares.

    The log-likelihood is concave in ``log(theta)``: it lies below its tangent at ratio 1, whose
    slope is that excess.

    >>> round(log_e_bound_of_excess(-0.5), 3), round(log_e_bound_of_excess(1.0), 3)
    (0.0, 1.929)
    """
    return _tangent_bound(max(0, ceil(excess * SHARE_STEPS)))


@lru_cache
def excess_needed(floor: float) -> float:
    """The excess below which log E is below *floor*, in steps of 1/64.

    >>> from math import log
    >>> needed = excess_needed(log(10.0))
    >>> needed, log_e_bound_of_excess(needed) < log(10.0) < log_e_bound_of_excess(needed + 1 / 64)
    (1.15625, True)
    """
    steps = 0
    while _tangent_bound(steps + 1) < floor:
        steps += 1
    return steps / SHARE_STEPS


@lru_cache(maxsize=1 << 12)
def _tangent_bound(sixty_fourths: int) -> float:
    return log_mean_exp(sixty_fourths / SHARE_STEPS * LOG_HARM_RATIOS)


@lru_cache(maxsize=1 << 13)
def _chord_bound(treated: int, events: int, low: int, high: int, mean: int) -> float:
    chord_weight = max(0.0, (mean - low) / (high - low)) if high > low else 0.0
    chord = (1 - chord_weight) * LOG_FACTORS[low] + chord_weight * LOG_FACTORS[high]
    return log_mean_exp(treated * LOG_HARM_RATIOS - events * chord)
