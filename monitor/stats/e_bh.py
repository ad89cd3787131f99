"""e-BH: which of many terms are rejected at a false discovery rate, from their e-values."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.stats.estimate import check_probability


def e_bh(e_values: Sequence[float], q: float, *, hypotheses: int | None = None) -> tuple[int, ...]:
    """Return the indices of the *e_values* rejected at false discovery rate *q*, ascending.

    Rejects the k largest, k being the largest with ``k * e_(k) / K >= 1 / q``.  At a look chosen
    in advance the expected proportion of false rejections is at most *q* under any dependence
    between the terms (Wang & Ramdas 2022, JRSS B 84:822-852).  This holds for current e-values,
    not for the running maximum of each (arXiv 2501.19360).

    *e_values* are on the natural scale, 0 or more.  Raises ValueError where one is negative or
    not a number, where *q* is not between 0 and 1, or where *hypotheses* is below their number.

    >>> e_bh([60.0, 45.0, 3.0, 0.8, 30.0, 1.2], q=0.1)
    (0, 1, 4)

    An e-value below ``1 / q`` is never rejected.  It affects the others only through K, so it
    may be left out of *e_values* and counted in *hypotheses*:

    >>> e_bh([60.0, 45.0, 30.0], q=0.1, hypotheses=6)
    (0, 1, 2)
    """
    hypothesis_count = len(e_values) if hypotheses is None else hypotheses
    _check(e_values, q, hypothesis_count)
    order = sorted(range(len(e_values)), key=e_values.__getitem__, reverse=True)
    threshold = 1.0 / q
    for k in range(len(order), 0, -1):
        # This order of operations keeps whole thresholds whole; rounding must not go below 1/q.
        if e_values[order[k - 1]] >= max(threshold, threshold * hypothesis_count / k):
            return tuple(sorted(order[:k]))
    return ()


def _check(e_values: Sequence[float], q: float, hypotheses: int) -> None:
    check_probability("q", q, "a false discovery rate between 0 and 1, like 0.1")
    if not hypotheses >= len(e_values):
        raise ValueError(
            f"{hypotheses} hypotheses for {len(e_values)} e-values: count every term with an event"
        )
    for index, e_value in enumerate(e_values):
        if not e_value >= 0.0:
            raise ValueError(
                f"e-value {index} is {e_value!r}: give e-values, zero or more, not their logarithms"
            )
