"""Evidence of a concurrent watch: the exact partial likelihood over its risk sets, with bounds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.stats.curve import LOG_RATIO_GRID
from monitor.stats.e_value import Floats
from monitor.stats.log_e_bounds import log_e_bound_of_excess, log_e_bound_of_shares
from monitor.stats.tied_days import (
    NO_DAYS,
    DayCounts,
    check_days,
    expected_treated,
    log_means,
    polynomials,
    removal_shares,
)

Counts: TypeAlias = NDArray[np.int64] | NDArray[np.bool_]
RATIOS_ON_GRID: Floats = np.exp(LOG_RATIO_GRID)
EXCESS_ON_GRID: Floats = np.expm1(LOG_RATIO_GRID)
FACTORS_MAX = 64
"""Factors whose product is a finite number above 0 everywhere on the grid."""
FILLED_EVENTS = 7
"""NumPy adds up to seven numbers one after the other, so that zeros before them change no bit."""


@dataclass(frozen=True, slots=True)
class PartialLikelihood:
    """Partial likelihood of two arms (Cox 1972), with the exact factor of days with several events.

    *events* counts first events on either arm, *treated* those on treatment.  *shares* holds, for
    each event that is alone on its study day, the fraction of the subjects at risk that is on
    treatment: an array of shape (n,) or, where events are few, a list.  *days* has the other days,
    as in `tied_days`.  Days whose risk set has an empty arm are left out, since their factor is 1.
    The likelihood sorts shares and days: their order does not change its bits.  Raises ValueError
    where there are not as many shares and events on days as events, or more treated than those.

    >>> PartialLikelihood.from_counts(
    ...     treated=np.array([1, 1, 0]),
    ...     on_treatment=np.array([3, 2, 5]),
    ...     on_control=np.array([9, 0, 5]),
    ...     study_days=np.array([4, 8, 2]),
    ... ).events
    2
    """

    treated: int
    events: int
    shares: Floats | list[float]
    days: DayCounts = field(default_factory=lambda: NO_DAYS)

    def __post_init__(self) -> None:
        tied = 0
        if self.days.size:
            check_days(self.days)
            tied = int(np.add.reduce(self.days[2]))
        if not 0 <= self.treated <= self.events == len(self.shares) + tied:
            raise ValueError(
                f"{self.treated} treated of {self.events} events with {len(self.shares)} shares"
                f" and {tied} events on tied days"
            )

    @classmethod
    def from_counts(
        cls, *, treated: Counts, on_treatment: Counts, on_control: Counts, study_days: Counts
    ) -> PartialLikelihood:
        """Build from arrays of shape (n,), one entry for each first event on either arm.

        *treated* flags the events on treatment.  *on_treatment* and *on_control* are the numbers
        at risk when the event occurs, its own subject included; events of one of *study_days* have
        the same.  Raises ValueError where the arrays differ in length or hold other than counts,
        or where an event's own arm is empty.
        """
        _check_counts(treated, on_treatment, on_control, study_days)
        lowest = np.minimum(on_treatment, on_control)
        if len(lowest) and (smallest := np.minimum.reduce(lowest)) <= 0:
            own_arm = np.where(treated, on_treatment, on_control)
            if smallest < 0 or np.count_nonzero(own_arm) < len(own_arm):
                raise ValueError("an event's own arm is empty or negative: count its subject")
            both = lowest > 0
            treated, on_treatment, on_control = treated[both], on_treatment[both], on_control[both]
            study_days = study_days[both]
        _, first, counts = np.unique(study_days, return_index=True, return_counts=True)
        days = np.stack((on_treatment[first], on_control[first], counts)).astype(np.int64)
        alone = days[:, counts == 1]
        return cls(
            treated=int(np.count_nonzero(treated)),
            events=len(on_treatment),
            shares=alone[0] / (alone[0] + alone[1]),
            days=days[:, counts > 1] if alone.shape[1] < len(counts) else NO_DAYS,
        )

    @classmethod
    def from_days(cls, treated: int, days: Sequence[tuple[int, int, int]]) -> PartialLikelihood:
        """Build from the numbers at risk on treatment and control and the events of each day.

        Both arms are at risk on each day.
        """
        shares = [first / (first + second) for first, second, events in days if events == 1]
        tied = [each for each in days if each[2] > 1]
        events = len(shares)
        if not tied:
            return cls(treated, events, shares)
        columns = np.array(tied, dtype=np.int64).T
        return cls(treated, events + int(np.add.reduce(columns[2])), shares, columns)

    def log_likelihood(self, log_theta: Floats) -> Floats:
        """Return the log partial likelihood at each of *log_theta*, relative to ratio 1.

        ``treated log(theta) - sum over days of log Z``, where Z of an event alone on its day is
        ``1 + share (theta - 1)`` (Cox 1975, Biometrika 62:269-276).  *log_theta* holds log rate
        ratios, shape (..., m); so does the result.  theta is the ratio of the two arms' odds of an
        event on a day at risk.  At any one look the exponential has mean at most 1 under the null:
        given the risk sets and the number of events of a day, every set of as many subjects is
        equally likely to have them, so each factor has mean 1 and the product is a martingale in
        study time.

        >>> sets = PartialLikelihood(treated=1, events=1, shares=np.array([0.5]))
        >>> sets.log_likelihood(np.log([1.0, 3.0])).round(6).tolist()
        [0.0, 0.405465]
        """
        values = _log_likelihood(self.treated, _sorted_shares(self.shares), log_theta)
        return values - log_means(_sorted_days(self.days), log_theta) if self.days.size else values

    def curve(self) -> Floats:
        """Return the log partial likelihood on ``LOG_RATIO_GRID``, to some 1e-15 for each event.

        One logarithm of a product of factors takes the place of a sum of logarithms, which is
        faster.  The factors are between e^-10 and e^10, so 64 of them neither over- nor underflow.
        """
        shares = _sorted_shares(self.shares)[:, None]
        values = self.treated * LOG_RATIO_GRID
        for first in range(0, len(shares), FACTORS_MAX):
            factors = 1.0 + shares[first : first + FACTORS_MAX] * EXCESS_ON_GRID
            values -= np.log(np.multiply.reduce(factors))
        if self.days.size:
            values -= polynomials(_sorted_days(self.days), RATIOS_ON_GRID, LOG_RATIO_GRID)
        return values

    @property
    def expected(self) -> float:
        """Expected number of events on treatment under the null, given the risk sets."""
        total = float(sum(self.shares) if isinstance(self.shares, list) else self.shares.sum())
        return total + expected_treated(self.days) if self.days.size else total

    @property
    def key(self) -> Hashable:
        """What tells this likelihood from others: many terms have the same few events."""
        days = _sorted_days(self.days).tobytes() if self.days.size else b""
        return self.treated, tuple(sorted(self.shares)), days

    def log_e_bound(self, *, minimum: float = -inf) -> float:
        """Return an upper bound of log E from the sum, the extremes and the mean of the shares.

        Where the bound from the sum alone (`log_e_bound_of_excess`) is below *minimum*, that bound
        is returned, and the sharper one is not computed.  For a tied event that one takes the share
        left when the events of its day are drawn one after the other (`removal_shares`).

        >>> sets = PartialLikelihood(treated=1, events=3, shares=np.array([0.4, 0.5, 0.6]))
        >>> from monitor.stats.e_value import log_e
        >>> sets.log_e_bound() >= log_e(sets.log_likelihood)
        True
        """
        if not self.events:
            return 0.0
        excess_bound = log_e_bound_of_excess(self.treated - self.expected)
        if excess_bound < minimum:
            return excess_bound
        shares, low, high, total = self.shares, 1.0, 0.0, 0.0
        if self.days.size:
            low, high, total = removal_shares(self.days)
        if isinstance(shares, list):
            low, high, total = min([low, *shares]), max([high, *shares]), total + sum(shares)
        elif len(shares):
            low = min(low, float(np.minimum.reduce(shares)))
            high = max(high, float(np.maximum.reduce(shares)))
            total += float(np.add.reduce(shares))
        return log_e_bound_of_shares(self.treated, self.events, low, high, total / self.events)


class PartialLikelihoods:
    """Partial likelihoods that are evaluated together, with the bits of each alone.

    None has tied days.  Those of up to seven events are filled up with shares of 0, which add 0 to
    the sum; others have equally many events.  *log_likelihood* takes points of shape
    (..., likelihoods, k, m), and so is its result.

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
        if any(each.days.size for each in likelihoods):
            raise ValueError("a likelihood has tied days: evaluate it alone")
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


def _sorted_days(days: DayCounts) -> DayCounts:
    return days[:, np.lexsort(days)]


def _log_likelihood(treated: Floats | int, shares: Floats, log_theta: Floats) -> Floats:
    excess = np.expm1(np.minimum(log_theta, 700.0))
    terms = np.log1p(shares[..., :, None] * excess[..., None, :])
    return treated * log_theta - terms.sum(axis=-2)


def _check_counts(*arrays: Counts) -> None:
    if len({len(each) for each in arrays}) > 1:
        raise ValueError("the arrays differ in length: give one entry for each first event")
    if any(each.dtype.kind not in "biu" for each in arrays):
        raise ValueError("an array holds other than whole numbers: give counts")
