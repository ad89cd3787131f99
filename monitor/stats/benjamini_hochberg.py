"""Control of the false discovery rate over p-values (Benjamini & Hochberg 1995)."""

from __future__ import annotations

from collections.abc import Sequence


def benjamini_hochberg(p_values: Sequence[float], q: float) -> tuple[int, ...]:
    """Return the indices of the rejected hypotheses, in the order of *p_values*.

    The expected share of false ones among them is at most *q* where the p-values are independent or
    positively dependent (Benjamini & Hochberg 1995, JRSS B 57:289-300):

    >>> benjamini_hochberg([0.001, 0.4, 0.03, 0.02], q=0.05)
    (0, 2, 3)

    Raises ValueError where a p-value or *q* is not between 0 and 1.
    """
    if not 0.0 < q < 1.0:
        raise ValueError(f"q is {q!r}: give a number between 0 and 1, like 0.1")
    if not all(0.0 <= p <= 1.0 for p in p_values):
        raise ValueError("a p-value is not between 0 and 1")
    count, rejected = len(p_values), 0
    for rank, p in enumerate(sorted(p_values), start=1):
        if p <= q * rank / count:
            rejected = rank
    if not rejected:
        return ()
    largest = sorted(p_values)[rejected - 1]
    return tuple(index for index, p in enumerate(p_values) if p <= largest)
