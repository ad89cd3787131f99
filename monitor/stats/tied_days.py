"""The exact factor of study days with several first events, and what bounds it.

On a day with *events* first events among `on_treatment + on_control` subjects at risk the factor of
a partial likelihood is ``theta^m / Z``, where m of the events are on treatment and Z is the mean of
``theta^k`` under the hypergeometric distribution of k (Cox 1972, JRSS B 34:187-220).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from monitor.stats.e_value import Floats

DayCounts: TypeAlias = NDArray[np.int64]
"""One column a day, shape (3, days): at risk on treatment, at risk on control, events."""

NO_DAYS: DayCounts = np.zeros((3, 0), dtype=np.int64)
EVENTS_SUMMED_MAX = 400
"""Most events of a day of which all terms are summed; of more only those near the largest."""
DEGREE_MAX = 48
"""Highest degree of a polynomial in theta that is a finite number above 0 on the whole grid."""


class DayTerms(NamedTuple):
    """The terms of Z on one day: those of k from *lowest* on, as logarithms, shape (k,)."""

    lowest: int
    log_weights: Floats

    @property
    def counts(self) -> Floats:
        """The numbers k of events on treatment."""
        return self.lowest + np.arange(len(self.log_weights), dtype=np.float64)


def check_days(days: DayCounts) -> None:
    """Raise ValueError where a day has an empty arm, or other than 2 events or more."""
    if days.ndim != 2 or len(days) != 3 or days.dtype.kind != "i":
        raise ValueError("tied days are no array of three rows of whole numbers: give counts")
    on_treatment, on_control, events = days
    at_risk = on_treatment + on_control
    if not np.all((on_treatment > 0) & (on_control > 0) & (events > 1) & (events <= at_risk)):
        raise ValueError(
            "a tied day has an empty arm, one event, or more events than subjects at risk: give"
            " days with two events or more and both arms at risk"
        )


@lru_cache(maxsize=1 << 14)
def day_terms(on_treatment: int, on_control: int, events: int) -> DayTerms:
    """Return the hypergeometric probabilities of k of the events being on treatment.

    Each term follows from the one before by its ratio, so no factorial is computed.

    >>> np.exp(day_terms(2, 2, 2).log_weights).round(6).tolist()
    [0.166667, 0.666667, 0.166667]
    """
    lowest, highest = max(0, events - on_control), min(events, on_treatment)
    k = np.arange(lowest, highest, dtype=np.float64)
    ratios = (on_treatment - k) * (events - k) / ((k + 1) * (on_control - events + k + 1))
    log_weights = np.concatenate(([0.0], np.cumsum(np.log(ratios))))
    return DayTerms(lowest, log_weights - np.logaddexp.reduce(log_weights))


def log_means(days: DayCounts, log_theta: Floats) -> Floats:
    """Return the sum of ``log Z`` over *days* at each of *log_theta*, shape (..., m).

    >>> two = np.array([[2], [2], [2]])
    >>> log_means(two, np.log([1.0, 3.0])).round(6).tolist()
    [0.0, 1.299283]
    """
    total = np.zeros(np.shape(log_theta))
    few: list[DayTerms] = []
    for on_treatment, on_control, events in days.T.tolist():
        terms = day_terms(on_treatment, on_control, events)
        if events <= EVENTS_SUMMED_MAX:
            few.append(terms)
        else:
            total += _log_mean_near_largest(terms, on_treatment, on_control, events, log_theta)
    return total + _log_means_of_all(few, log_theta) if few else total


def _log_means_of_all(few: list[DayTerms], log_theta: Floats) -> Floats:
    """The sum over days of the logarithm of their summed terms, of all days at once."""
    starts = np.cumsum([0, *(len(each.log_weights) for each in few[:-1])])
    sizes = [len(each.log_weights) for each in few]
    counts = np.concatenate([each.counts for each in few])[:, None]
    weights = np.concatenate([each.log_weights for each in few])[:, None]
    terms = weights + counts * log_theta[..., None, :]
    largest = np.maximum.reduceat(terms, starts, axis=-2)
    terms -= np.repeat(largest, sizes, axis=-2)
    sums = np.add.reduceat(np.exp(terms), starts, axis=-2)
    return (largest + np.log(sums)).sum(axis=-2)


def _log_mean_near_largest(
    terms: DayTerms, on_treatment: int, on_control: int, events: int, log_theta: Floats
) -> Floats:
    """``log Z`` of a day of many events, from the terms that are not negligible at each theta."""
    falls = -np.diff(terms.log_weights)  # They increase: the terms have one maximum.
    results: list[float] = []
    for each in np.ravel(log_theta).tolist():
        peak = int(np.searchsorted(falls, each))
        k = terms.lowest + peak
        least = min(k, events - k, on_treatment - k, on_control - events + k)
        width = int(10 * (least + 1) ** 0.5) + 12
        first = max(0, peak - width)
        window = terms.log_weights[first : peak + width + 1]
        powers = terms.lowest + first + np.arange(len(window))
        results.append(float(np.logaddexp.reduce(window + powers * each)))
    return np.reshape(results, np.shape(log_theta))


def polynomials(days: DayCounts, theta: Floats, log_theta: Floats) -> Floats:
    """Return `log_means` on a fine grid between e^-10 and e^10, shape (m,), in less time.

    Z is a polynomial in theta.  Its values are multiplied up to a degree of 48 before one logarithm
    is taken, so nothing over- or underflows.
    """
    total, product, degree = np.zeros(len(theta)), np.ones(len(theta)), 0
    for on_treatment, on_control, events in days.T.tolist():
        if events > DEGREE_MAX:
            total += log_means(np.array([[on_treatment], [on_control], [events]]), log_theta)
            continue
        if degree + events > DEGREE_MAX:
            total += np.log(product)
            product, degree = np.ones(len(theta)), 0
        terms = day_terms(on_treatment, on_control, events)
        weights = np.exp(terms.log_weights).tolist()
        value = np.full(len(theta), weights.pop())
        while weights:
            value = value * theta + weights.pop()
        product *= value * theta**terms.lowest if terms.lowest else value
        degree += events
    return total + np.log(product)


class ShareSummary(NamedTuple):
    """The shares by which tied events are bounded: extremes, and a sum that is not too large."""

    low: float
    high: float
    total: float


def removal_shares(days: DayCounts) -> ShareSummary:
    """Summarise the treated shares when the events of each day are drawn one after the other.

    Drawn so, the share left on treatment is at least ``q_j = max(0, y1 - j) / (y1 + y0 - j)``, and
    ``sum_j log(1 + q_j (theta - 1)) <= log Z`` at theta of 1 or more.  ``q_j`` is concave in j, so
    its mean is at least that of its ends.

    >>> removal_shares(np.array([[3], [3], [2]]))
    ShareSummary(low=0.4, high=0.5, total=0.9)
    """
    on_treatment, on_control, events = days
    first = on_treatment / (on_treatment + on_control)
    left = np.maximum(on_treatment - (events - 1), 0)
    last = left / np.maximum(on_treatment + on_control - (events - 1), 1)
    # Once none is left on treatment q_j is 0: only those before are summed.
    halves = np.minimum(events * (first + last), (on_treatment + 1) * first)
    total = float(np.add.reduce(halves)) / 2
    return ShareSummary(float(np.minimum.reduce(last)), float(np.maximum.reduce(first)), total)


def expected_treated(days: DayCounts) -> float:
    """Return the expected number of events on treatment under the null, summed over *days*."""
    on_treatment, on_control, events = days
    return float((events * (on_treatment / (on_treatment + on_control))).sum())
