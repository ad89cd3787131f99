"""Double false discovery rate: first over organ classes, then over the terms of those that stay."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from monitor.stats.benjamini_hochberg import benjamini_hochberg
from monitor.stats.estimate import check_p_values, check_probability


def double_fdr(
    p_values: Sequence[float], organ_classes: Sequence[Hashable], q: float
) -> tuple[int, ...]:
    """Return the indices of the rejected terms, ascending.

    Each organ class is represented by the smallest Benjamini-Hochberg adjusted p-value of its
    terms.  Benjamini and Hochberg's test at *q* of these selects organ classes; the same test of
    all terms of the selected ones, together, selects terms (Mehrotra & Adewale 2012, Statistics in
    Medicine 31:1918-1930).  Simulation by its authors shows a false discovery rate near *q* or
    below; no theorem does.  Raises ValueError where a p-value or *q* is not between 0 and 1, or
    where the lists differ in length.

    >>> double_fdr([0.001, 0.04, 0.03, 0.9], ["skin", "skin", "eye", "eye"], q=0.05)
    (0, 1)
    >>> benjamini_hochberg([0.001, 0.04, 0.03, 0.9], q=0.05)
    (0,)
    """
    if len(p_values) != len(organ_classes):
        raise ValueError(
            f"{len(organ_classes)} organ_classes for {len(p_values)} p-values: give one for each"
        )
    check_p_values(p_values)
    check_probability("q", q, "a false discovery rate between 0 and 1, like 0.1")
    members: dict[Hashable, list[int]] = {}
    for index, organ_class in enumerate(organ_classes):
        members.setdefault(organ_class, []).append(index)
    families = list(members.values())
    representatives = [_smallest_adjusted([p_values[i] for i in family]) for family in families]
    chosen = benjamini_hochberg(representatives, q)
    terms = sorted(index for family in chosen for index in families[family])
    return tuple(terms[i] for i in benjamini_hochberg([p_values[index] for index in terms], q))


def _smallest_adjusted(p_values: Sequence[float]) -> float:
    """Return the smallest ``p_(k) m / k``, the least level at which one of them is rejected."""
    count = len(p_values)
    return min(p * count / rank for rank, p in enumerate(sorted(p_values), start=1))
