"""Holds group-sequential bounds to multivariate normal probabilities and to what they spend."""

from __future__ import annotations

from itertools import accumulate
from math import inf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from monitor.stats.sequential.alpha_spending import Spending, alpha_spending_function
from monitor.stats.sequential.group_sequential import (
    gs_bounds_by_spending,
    gs_spending_bounds,
    gs_unadjusted_type_i_error,
    gs_wang_tsiatis_bounds,
)
from monitor.stats.sequential.score_paths import normal_crossing

PARAMETERS = {Spending.HWANG_SHIH_DECANI: -2.0, Spending.KIM_DEMETS: 1.5}

TIMES = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5).map(
    lambda steps: [time / sum(steps) for time in accumulate(steps)]
)
"""Information times up to 1, at any distance from each other."""


def inside(information: list[float], lower: list[float], upper: list[float], drift: float) -> float:
    """Return the probability to stay between the bounds, by the multivariate normal of scipy."""
    times = np.array(information)
    shares = np.minimum.outer(times, times) / np.maximum.outer(times, times)
    distribution = multivariate_normal(drift * np.sqrt(times), np.sqrt(shares))
    return float(distribution.cdf(np.array(upper), lower_limit=np.array(lower)))


@pytest.mark.parametrize("drift", [0.0, 1.5])
@pytest.mark.parametrize("lower", [-inf, -1.0])
def test_crossing_equals_the_multivariate_normal_distribution(drift: float, lower: float):
    """Three looks at unequal times, with and without a lower bound."""
    information, upper, low = [0.3, 0.35, 1.0], [2.0, 2.2, 1.8], [lower] * 3

    crossing = normal_crossing(information, upper, lower=low, drift=drift)

    stayed = 1.0 - sum(crossing.upper) - sum(crossing.lower)
    assert stayed == pytest.approx(inside(information, low, upper, drift), abs=2e-5)
    first = float(norm.sf(2.0 - drift * sqrt(0.3)))
    assert crossing.upper[0] == pytest.approx(first, abs=1e-14)


@settings(max_examples=25, deadline=None)
@given(TIMES, st.sampled_from(Spending), st.sampled_from([1, 2]), st.floats(0.001, 0.2))
def test_bounds_spend_what_the_function_says_at_any_information_times(
    information: list[float], spending: Spending, sides: int, alpha: float
):
    """The crossing probabilities of the bounds are the alpha spent at each look."""
    parameter = PARAMETERS.get(spending)
    bounds = gs_spending_bounds(information, alpha, spending, parameter, sides=sides)
    lower = [-bound for bound in bounds] if sides == 2 else None

    crossing = normal_crossing(information, bounds, lower=lower)

    spent = list(accumulate(crossing.upper))
    planned = alpha_spending_function(spending, alpha / sides, information, parameter)
    assert spent == pytest.approx(planned, abs=1e-10)
    if sides == 2:
        assert crossing.lower == pytest.approx(crossing.upper, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(TIMES, st.floats(0.0, 0.7), st.sampled_from([1, 2]))
def test_a_fixed_shape_errs_with_alpha_in_all(information: list[float], delta: float, sides: int):
    """The bounds have the shape, and the error is alpha."""
    bounds = gs_wang_tsiatis_bounds(information, 0.05, delta, sides=sides)
    lower = [-bound for bound in bounds] if sides == 2 else None
    crossing = normal_crossing(information, bounds, lower=lower)

    assert sides * sum(crossing.upper) == pytest.approx(0.05, abs=1e-10)
    shape = [bounds[-1] * (time / information[-1]) ** (delta - 0.5) for time in information]
    assert bounds == pytest.approx(shape, rel=1e-12)


@pytest.mark.parametrize("spending", Spending)
def test_spending_rises_from_0_to_alpha(spending: Spending):
    """Information beyond the plan spends no more than alpha."""
    shares = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.2]

    spent = alpha_spending_function(spending, 0.025, shares, PARAMETERS.get(spending))

    assert spent[0] == 0.0 and spent[-2:] == pytest.approx([0.025, 0.025], rel=1e-14)
    assert spent == sorted(spent)


def test_a_later_look_does_not_change_an_earlier_bound():
    """Lan and DeMets's point: looks need not be fixed in advance."""
    whole = gs_spending_bounds([0.2, 0.5, 0.9], 0.05, Spending.POCOCK)

    assert gs_spending_bounds([0.2, 0.5], 0.05, Spending.POCOCK) == pytest.approx(whole[:2])


def test_a_look_that_spends_nothing_has_no_bound():
    """Its bound is infinite, and the next look spends what is due."""
    bounds = gs_bounds_by_spending([0.2, 0.6, 1.0], [0.0, 0.02, 0.02])

    assert bounds[0] == inf and bounds[2] == inf
    assert bounds[1] == pytest.approx(float(norm.isf(0.02)), abs=1e-9)


def test_two_looks_close_together_are_resolved():
    """A step of a thousandth of the information adds little to the error."""
    apart = normal_crossing([1.0, 1.001], [2.0, 2.0])

    assert 0.0 < apart.upper[1] < 0.002
    assert sum(apart.upper) == pytest.approx(
        1.0 - inside([1.0, 1.001], [-inf] * 2, [2.0] * 2, 0.0), abs=1e-6
    )


def test_unadjusted_looks_err_more_often_the_more_there_are():
    """One look errs with the nominal 5 %, fifty with a third."""
    errors = [gs_unadjusted_type_i_error(looks, 1.959964) for looks in (1, 2, 5, 20, 50)]

    assert errors[0] == pytest.approx(0.05, abs=1e-6)
    assert errors == sorted(errors)
    assert errors[-1] == pytest.approx(0.32, abs=0.005)
