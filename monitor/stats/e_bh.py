"""Which of many terms are called, given what each has against it: the tier 2 decision."""

from __future__ import annotations

from collections.abc import Sequence


def e_bh(e_values: Sequence[float], q: float, *, hypotheses: int | None = None) -> tuple[int, ...]:
    """The indices of the *e_values* rejected at false discovery rate *q*, in ascending order.

    Rejects the ``k`` largest, ``k`` the largest with ``k * e_(k) / K >= 1 / q``.  At a look chosen
    in advance the expected share of false ones among the rejected is at most *q*, however the terms
    depend on one another (Wang & Ramdas 2022, JRSS B 84:822-852).  That holds for
    e-values as they stand, not for the largest each has ever been (arXiv 2501.19360).

    >>> e_bh([60.0, 45.0, 3.0, 0.8, 30.0, 1.2], q=0.1)
    (0, 1, 4)

    An e-value below ``1 / q`` is never rejected, and it moves the others only by being one of the
    ``K`` *hypotheses*: it need not be computed, only counted.

    >>> e_bh([60.0, 45.0, 30.0], q=0.1, hypotheses=6)
    (0, 1, 2)
    """
    hypothesis_count = len(e_values) if hypotheses is None else hypotheses
    _check(e_values, q, hypothesis_count)
    order = sorted(range(len(e_values)), key=e_values.__getitem__, reverse=True)
    threshold = 1.0 / q
    for k in range(len(order), 0, -1):
        # In this order a bar that is a whole number stays one; rounding may not take it below 1/q.
        if e_values[order[k - 1]] >= max(threshold, threshold * hypothesis_count / k):
            return tuple(sorted(order[:k]))
    return ()


def _check(e_values: Sequence[float], q: float, hypotheses: int) -> None:
    if not 0.0 < q < 1.0:
        raise ValueError(f"q is {q!r}: give a false discovery rate between 0 and 1, like 0.1")
    if hypotheses < len(e_values):
        raise ValueError(
            f"{hypotheses} hypotheses for {len(e_values)} e-values: count every term with an event"
        )
    for index, e_value in enumerate(e_values):
        if not e_value >= 0.0:
            raise ValueError(
                f"e-value {index} is {e_value!r}: give e-values, zero or more, not their logarithms"
            )
