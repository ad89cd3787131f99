"""Bonferroni's test by shares: the level is divided between the terms before the data."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.stats.estimate import check_p_values, check_probability


def bonferroni(
    p_values: Sequence[float], alpha: float, *, shares: Sequence[float] | None = None
) -> tuple[int, ...]:
    """Return the indices of the *p_values* at most *alpha* times their share, ascending.

    The probability of any false rejection is at most *alpha* under any dependence (Dunn 1961, JASA
    56:52-64).  *shares* are 0 or more and sum to at most 1; without them all are equal.  Raises
    ValueError where a p-value or *alpha* is not between 0 and 1, or *shares* are not as stated.

    >>> bonferroni([0.001, 0.02, 0.04], alpha=0.05)
    (0,)
    >>> bonferroni([0.001, 0.02, 0.04], alpha=0.05, shares=[0.1, 0.8, 0.1])
    (0, 1)
    """
    check_probability("alpha", alpha, "a family-wise error rate between 0 and 1, like 0.05")
    check_p_values(p_values)
    count = len(p_values)
    parts = [1.0 / max(1, count)] * count if shares is None else _checked_shares(shares, count)
    pairs = zip(p_values, parts, strict=True)
    return tuple(index for index, (p, share) in enumerate(pairs) if p <= alpha * share)


def _checked_shares(shares: Sequence[float], count: int) -> Sequence[float]:
    if len(shares) != count:
        raise ValueError(f"{len(shares)} shares for {count} p-values: give one share for each")
    for index, share in enumerate(shares):
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"share {index} is {share!r}: give a number from 0 to 1")
    if sum(shares) > 1.0 + 1e-9:
        raise ValueError(f"shares sum to {sum(shares)!r}: give shares that sum to at most 1")
    return shares
