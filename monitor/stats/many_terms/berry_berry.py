"""A hierarchy over terms and organ classes, with and without a point mass (Berry & Berry 2004)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from monitor.stats.e_value import Floats
from monitor.stats.estimate import checked_count
from monitor.stats.many_terms.berry_berry_chains import Chains
from monitor.stats.many_terms.normal_level import RandomNumbers
from monitor.stats.many_terms.term_counts import TermCounts


class TermEffect(NamedTuple):
    """The posterior of a term's log odds ratio, treatment against control.

    *standard_error* is the sampling error of *mean*, from the differences between chains.
    """

    mean: float
    probability_above_0: float
    standard_error: float


def berry_berry(
    terms: Sequence[TermCounts],
    *,
    numbers: RandomNumbers,
    point_mass: bool = True,
    chains: int = 16,
    burn_in: int = 500,
    draws: int = 3000,
    progress: Callable[[int], None] | None = None,
) -> tuple[TermEffect, ...]:
    """Return the effect of every term, drawn towards those of its organ class.

    The control risk has logit gamma, the risk on treatment gamma + theta.  Both are normal within
    an organ class, with means that are normal over the classes.  With *point_mass* theta is 0 with
    a probability of its organ class (Berry & Berry 2004, Biometrics 60:418-426); without, it is
    model 1a of Xia, Ma & Carlin (2011, Statistics in Medicine 30:1771-1785).  Sampling is by
    Gibbs and Metropolis steps: *chains* of *draws* after *burn_in*, with *numbers* such as
    ``numpy.random.default_rng(seed)``.  *progress* is told the steps done, every 100.  No error
    rate is claimed.  Raises ValueError where a count is out of range.

    >>> terms = [TermCounts("skin", 30, 90, 5, 90), TermCounts("skin", 9, 90, 9, 90)]
    >>> numbers = np.random.default_rng(1)
    >>> first, second = berry_berry(terms, numbers=numbers, draws=300)
    >>> first.probability_above_0 > 0.99, second.probability_above_0 < 0.9
    (True, True)
    """
    for name, count in ("chains", chains), ("draws", draws):
        if checked_count(name, count) < 2:
            raise ValueError(f"{name} is {count!r}: give 2 or more")
    sampler = Chains(terms, chains, numbers, point_mass=point_mass)
    total, above = np.zeros((2, chains, len(terms)))
    for step in range(1, checked_count("burn_in", burn_in) + draws + 1):
        sampler.step()
        if step > burn_in:
            total += sampler.theta
            above += sampler.theta > 0.0
        if progress is not None and not step % 100:
            progress(step)
    return _effects(total / draws, above / draws)


def _effects(means: Floats, above: Floats) -> tuple[TermEffect, ...]:
    """Return the effects from the means of each chain (row) and term (column)."""
    errors = means.std(axis=0, ddof=1) / np.sqrt(len(means))
    columns = means.mean(axis=0).tolist(), above.mean(axis=0).tolist(), errors.tolist()
    return tuple(TermEffect(*row) for row in zip(*columns, strict=True))
