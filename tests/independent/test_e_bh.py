"""Compares e-BH with its definition, and checks the properties on which tier 2 relies."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.e_bh import e_bh

e_lists = st.lists(st.one_of(st.floats(0, 200), st.sampled_from([10.0, 20.0, inf])), max_size=12)
rates = st.sampled_from([0.05, 0.1, 0.2, 0.5])


def by_definition(e_values: list[float], q: float, hypotheses: int) -> set[int]:
    """Return the rejected indices by trying every ``k``; ties are ordered as in the product."""
    order = sorted(range(len(e_values)), key=lambda i: -e_values[i])
    level = 1 / Fraction(str(q))
    best = 0
    for k, index in enumerate(order, start=1):
        e = e_values[index]
        if e == inf or k * Fraction(e) / hypotheses >= level:
            best = k
    return set(order[:best])


@given(e_values=e_lists, q=rates, more=st.integers(0, 20))
def test_e_bh_rejects_the_hypotheses_of_its_definition(e_values: list[float], q: float, more: int):
    """The largest k with ``k * e_(k) / K >= 1 / q`` is found in exact arithmetic."""
    hypotheses = len(e_values) + more

    rejected = e_bh(e_values, q, hypotheses=hypotheses)

    assert set(rejected) == by_definition(e_values, q, hypotheses)
    assert list(rejected) == sorted(rejected)


@given(e_values=e_lists, q=rates)
def test_e_values_below_1_over_q_need_only_be_counted(e_values: list[float], q: float):
    """Tier 2 never computes an e-value with an upper bound below ``1 / q``."""
    candidates = [index for index, e in enumerate(e_values) if e >= 1 / q]

    rejected = e_bh([e_values[index] for index in candidates], q, hypotheses=len(e_values))

    assert tuple(candidates[index] for index in rejected) == e_bh(e_values, q)


@given(e_values=e_lists, q=rates, data=st.data())
def test_more_evidence_never_rejects_less(e_values: list[float], q: float, data: st.DataObject):
    """Raising one e-value retains every rejection, and another hypothesis adds none."""
    before = set(e_bh(e_values, q))
    assert set(e_bh(e_values, q, hypotheses=len(e_values) + 1)) <= before
    if e_values:
        index = data.draw(st.integers(0, len(e_values) - 1))
        after = set(e_bh([*e_values[:index], inf, *e_values[index + 1 :]], q))
        assert before | {index} <= after


def test_a_single_term_is_rejected_at_1_over_q():
    """With one term the level at q = 0.1 is 10, and 10 exactly is rejected."""
    assert e_bh([10.0], 0.1) == (0,)
    assert e_bh([9.999999], 0.1) == ()
    assert e_bh([], 0.1) == ()
    assert e_bh([], 0.1, hypotheses=7) == ()


def test_among_60_terms_the_level_depends_on_the_number_rejected():
    """One term alone among 60 needs 600; six together need 100 each."""
    assert e_bh([599.0], 0.1, hypotheses=60) == ()
    assert e_bh([600.0], 0.1, hypotheses=60) == (0,)
    assert e_bh([100.0] * 6, 0.1, hypotheses=60) == (0, 1, 2, 3, 4, 5)
    assert e_bh([100.0] * 5, 0.1, hypotheses=60) == ()


def test_e_values_may_come_from_an_array():
    """Current e-values come from NumPy; the indices are plain integers."""
    rejected = e_bh(np.array([60.0, 0.0, 45.0]).tolist(), 0.1)

    assert rejected == (0, 2)


@pytest.mark.parametrize(
    ("e_values", "q", "hypotheses", "remedy"),
    [
        ([1.0], 0.0, None, "like 0.1"),
        ([1.0], 1.0, None, "like 0.1"),
        ([1.0], nan, None, "like 0.1"),
        ([1.0, 2.0], 0.1, 1, "count every term"),
        ([1.0, -0.5], 0.1, None, "not their logarithms"),
        ([nan], 0.1, None, "not their logarithms"),
    ],
)
def test_invalid_arguments_are_refused(e_values, q, hypotheses, remedy: str):
    """A log-likelihood ratio passed as an e-value would suppress signals without an error."""
    with pytest.raises(ValueError, match=remedy):
        e_bh(e_values, q, hypotheses=hypotheses)
