"""Evidence of a concurrent watch: the Cox partial likelihood over its risk sets, with bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor, inf
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.stats.curve import LOG_RATIO_GRID
from monitor.stats.e_value import HARM_RATIOS, LOG_HARM_RATIOS, Floats, log_mean_exp
from monitor.stats.estimate import check_amount

Counts: TypeAlias = NDArray[np.int64] | NDArray[np.bool_]
EXCESS_RATIOS: Floats = HARM_RATIOS - 1.0
"""``theta - 1`` at each of the 33 harmful rate ratios."""
SHARE_STEPS = 64
"""Shares and excesses are rounded to multiples of 1/64, so that few bounds are computed."""
LOG_FACTORS: Floats = np.log1p(np.outer(np.arange(SHARE_STEPS + 1) / SHARE_STEPS, EXCESS_RATIOS))
"""``log(1 + share (theta - 1))`` by share (0, 1/64, ... 1) and harmful rate ratio: (65, 33)."""

EXCESS_ON_GRID: Floats = np.expm1(LOG_RATIO_GRID)
FACTORS_MAX = 64
"""Factors whose product is a finite number above 0 everywhere on the grid."""
FILLED_EVENTS = 7
"""NumPy adds up to seven numbers one after the other, so that zeros before them change no bit."""


@dataclass(frozen=True, slots=True)
class PartialLikelihood:
    """Cox partial likelihood of two arms, reduced to a count and one share for each first event.

    *events* counts first events on either arm, *treated* those on treatment.  *shares* holds, for
    each event, the fraction of the subjects at risk that is on treatment: an array of shape (n,)
    or, where events are few, a list.  Events whose risk set has an empty arm are left out, since
    their factor is 1.  The likelihood sorts the shares: their order does not change its bits.
    Raises ValueError where there are not as many shares as events, or more treated than those.

    >>> PartialLikelihood.from_counts(
    ...     treated=np.array([1, 1]), on_treatment=np.array([3, 2]), on_control=np.array([9, 0])
    ... ).events
    1
    """

    treated: int
    events: int
    shares: Floats | list[float]

    def __post_init__(self) -> None:
        if not 0 <= self.treated <= self.events == len(self.shares):
            raise ValueError(
                f"{self.treated} treated of {self.events} events with {len(self.shares)} shares"
            )

    @classmethod
    def from_counts(
        cls, *, treated: Counts, on_treatment: Counts, on_control: Counts
    ) -> PartialLikelihood:
        """Build from arrays of shape (n,), one entry for each first event on either arm.

        *treated* flags the events on treatment.  *on_treatment* and *on_control* are the numbers
        at risk when the event occurs, its own subject included.  Raises ValueError where the
        arrays differ in length or hold other than counts, or where an event's own arm is empty.
        """
        _check_counts(treated, on_treatment, on_control)
        lowest = np.minimum(on_treatment, on_control)
        if len(lowest) and (smallest := np.minimum.reduce(lowest)) <= 0:
            own_arm = np.where(treated, on_treatment, on_control)
            if smallest < 0 or np.count_nonzero(own_arm) < len(own_arm):
                raise ValueError("an event's own arm is empty or negative: count its subject")
            both = lowest > 0
            treated, on_treatment, on_control = treated[both], on_treatment[both], on_control[both]
        return cls(
            treated=int(np.count_nonzero(treated)),
            events=len(on_treatment),
            shares=on_treatment / (on_treatment + on_control),
        )

    def log_likelihood(self, log_theta: Floats) -> Floats:
        """Return the log partial likelihood at each of *log_theta*, relative to ratio 1.

        ``treated log(theta) - sum_i log(1 + share_i (theta - 1))`` (Cox 1975, Biometrika
        62:269-276) with Breslow's factor for ties (1974, Biometrics 30:89-99).  *log_theta* holds
        log rate ratios, shape (..., m); so does the result.  At any one look the exponential has
        mean at most 1 under the null: it is a martingale in study time, and for ties Hoeffding 1963
        (JASA 58:13-30) applies.

        >>> sets = PartialLikelihood(treated=1, events=1, shares=np.array([0.5]))
        >>> sets.log_likelihood(np.log([1.0, 3.0])).round(6).tolist()
        [0.0, 0.405465]
        """
        return _log_likelihood(self.treated, _sorted_shares(self.shares), log_theta)

    def curve(self) -> Floats:
        """Return the log partial likelihood on ``LOG_RATIO_GRID``, to some 1e-15 for each event.

        One logarithm of a product of factors takes the place of a sum of logarithms, which is
        faster.  The factors are between e^-10 and e^10, so 64 of them neither over- nor underflow.
        """
        shares = _sorted_shares(self.shares)[:, None]
        values = self.treated * LOG_RATIO_GRID
        for first in range(0, self.events, FACTORS_MAX):
            factors = 1.0 + shares[first : first + FACTORS_MAX] * EXCESS_ON_GRID
            values -= np.log(np.multiply.reduce(factors))
        return values

    def log_e_bound(self, *, minimum: float = -inf) -> float:
        """Return an upper bound of log E from the sum, the extremes and the mean of the shares.

        Where the bound from the sum alone (`log_e_bound_of_excess`) is below *minimum*, that bound
        is returned, and the sharper one is not computed.

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


class PartialLikelihoods:
    """Partial likelihoods that are evaluated together, with the bits of each alone.

    Those of up to seven events are filled up with shares of 0, which add 0 to the sum; others have
    equally many events.  *log_likelihood* takes points of shape (..., likelihoods, k, m), and so
    is its result.

    >>> one = PartialLikelihood(treated=1, events=1, shares=[0.5])
    >>> two = PartialLikelihood(treated=0, events=1, shares=[0.5])
    >>> both = PartialLikelihoods([one, two]).log_likelihood(np.log([[[3.0]], [[3.0]]]))
    >>> both.round(6).ravel().tolist()
    [0.405465, -0.693147]
    """

    def __init__(self, likelihoods: Sequence[PartialLikelihood]) -> None:
        """Stack *likelihoods*.

        Raises ValueError where they cannot be stacked, or where a share is not between 0 and 1.
        """
        if len({max(each.events, FILLED_EVENTS) for each in likelihoods}) > 1:
            raise ValueError("the numbers of events differ: stack likelihoods of equally many")
        size = max(each.events for each in likelihoods)
        shares = np.zeros((len(likelihoods), 1, size))
        for row, each in zip(shares, likelihoods, strict=True):
            row[0, size - each.events :] = _sorted_shares(each.shares)
        self._shares = shares
        self._treated = np.array([float(each.treated) for each in likelihoods])[:, None, None]

    def log_likelihood(self, log_theta: Floats) -> Floats:
        """Return the log partial likelihood of each at its points, relative to ratio 1."""
        return _log_likelihood(self._treated, self._shares, log_theta)


def _sorted_shares(shares: Floats | list[float]) -> Floats:
    ordered = np.sort(shares)
    # Sorted, the ends bound all others, and what is not a number is last.
    if len(ordered) and not 0.0 <= ordered[0] <= ordered[-1] <= 1.0:
        raise ValueError("a share is not between 0 and 1: give those of the subjects at risk")
    return ordered


def _log_likelihood(treated: Floats | int, shares: Floats, log_theta: Floats) -> Floats:
    excess = np.expm1(np.minimum(log_theta, 700.0))
    terms = np.log1p(shares[..., :, None] * excess[..., None, :])
    return treated * log_theta - terms.sum(axis=-2)


def _check_counts(treated: Counts, on_treatment: Counts, on_control: Counts) -> None:
    if not len(treated) == len(on_treatment) == len(on_control):
        raise ValueError("the arrays differ in length: give one entry for each first event")
    if any(each.dtype.kind not in "biu" for each in (treated, on_treatment, on_control)):
        raise ValueError("an array holds other than whole numbers: give counts")


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
