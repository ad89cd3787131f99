"""Compares Fisher's test with exact integer arithmetic and with SciPy."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from monitor.stats.fisher import fisher

shares = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def arms(x1: int, n1: int, x2: int, n2: int) -> dict[str, int]:
    """Return the arguments of the test: treatment, then control."""
    return {"events": x1, "patients": n1, "control_events": x2, "control_patients": n2}


def exact_p(x1: int, n1: int, x2: int, n2: int) -> Fraction:
    """Return Fisher's two-sided p-value in exact integer arithmetic."""
    both = x1 + x2
    ways = [comb(n1, k) * comb(n2, both - k) for k in range(both + 1)]
    return Fraction(sum(w for w in ways if w <= ways[x1]), sum(ways))


@pytest.mark.parametrize(("n1", "n2"), [(9, 12), (1, 7), (0, 5), (13, 13)])
def test_fisher_agrees_with_exact_integer_arithmetic(n1: int, n2: int):
    """Every small table: two-sided against exact arithmetic, one-sided against SciPy."""
    for x1, x2 in product(range(n1 + 1), range(n2 + 1)):
        test = fisher(**arms(x1, n1, x2, n2))
        hypergeometric = stats.hypergeom(n1 + n2, x1 + x2, n1)

        assert test.two_sided == pytest.approx(float(exact_p(x1, n1, x2, n2)), rel=1e-12)
        assert test.greater == pytest.approx(hypergeometric.sf(x1 - 1), rel=1e-10)
        assert test.less == pytest.approx(hypergeometric.cdf(x1), rel=1e-10)


@given(ours=shares, theirs=shares)
def test_fisher_agrees_with_scipy(ours: tuple[int, int], theirs: tuple[int, int]):
    """Larger tables, compared with SciPy's own test, which the product does not use."""
    table = arms(*ours, *theirs)
    if ours[1] and theirs[1]:
        rows = [[x, n - x] for x, n in (ours, theirs)]
        theirs_p = stats.fisher_exact(np.array(rows)).pvalue

        assert fisher(**table).two_sided == pytest.approx(theirs_p, rel=1e-9)


@given(ours=shares, theirs=shares)
def test_exchanging_the_arms_exchanges_the_one_sided_p_values(ours, theirs):
    """Which arm is called treatment is a convention."""
    one, other = fisher(**arms(*ours, *theirs)), fisher(**arms(*theirs, *ours))

    assert tuple(one) == pytest.approx((other.two_sided, other.less, other.greater), rel=1e-9)


def test_fisher_is_accurate_in_large_tables():
    """All against none has a p-value of 7e-300, which is neither zero nor an overflow."""
    test = fisher(**arms(500, 500, 0, 500))

    assert test.two_sided == pytest.approx(float(Fraction(2, comb(1000, 500))), rel=1e-9)
    assert fisher(**arms(9_000, 20_000, 9_000, 20_000)).two_sided == 1.0
