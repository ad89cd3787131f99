"""Bisection by batches of midpoints has the digits of bisection one by one."""

from __future__ import annotations

from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.bisection import TOLERANCE, Bracket, bisection
from monitor.stats.concurrent import FILLED_EVENTS, PartialLikelihood, PartialLikelihoods
from monitor.stats.confidence_sequence import confidence_sequence, confidence_sequences
from monitor.stats.curve import LOG_RATIO_GRID, near_maximum
from monitor.stats.e_value import LOG_TWO_SIDED_RATIOS, Floats, LogLikelihood, log_mean_exp
from monitor.stats.maximum_likelihood import LOG_LIMIT, STEP, rate_ratio_mle, rate_ratio_mles
from monitor.stats.reference import EstimatedRate, KnownRate

shares = st.lists(st.sampled_from([n / 64 for n in range(1, 64)]), max_size=40)


def one_by_one(function: LogLikelihood, inside: float, outside: float) -> float:
    """Return the zero of *function* by the plain method, one point at a time."""
    while abs(outside - inside) > TOLERANCE:
        middle = (inside + outside) / 2
        if float(function(np.array([middle]))[0]) > 0:
            inside = middle
        else:
            outside = middle
    return (inside + outside) / 2


def slope_of(likelihood: LogLikelihood, at: float) -> float:
    """Return the likelihood just above *at* less just below it."""
    below, above = likelihood(np.array([at - STEP, at + STEP]))
    return float(above - below)


def plain_mle(likelihood: LogLikelihood) -> float:
    """Return the maximum-likelihood ratio, each slope evaluated alone."""
    if slope_of(likelihood, LOG_LIMIT) > 0:
        return inf
    if slope_of(likelihood, -LOG_LIMIT) < 0:
        return 0.0

    def slopes(points: Floats) -> Floats:
        return np.array([slope_of(likelihood, float(at)) for at in points])

    return exp(one_by_one(slopes, -LOG_LIMIT, LOG_LIMIT))


def plain_limits(likelihood: LogLikelihood, alpha: float, maximum: float) -> tuple[float, float]:
    """Return the confidence sequence, each point evaluated alone."""
    floor = log_mean_exp(likelihood(LOG_TWO_SIDED_RATIOS)) - log(1 / alpha)
    centre = {0.0: -LOG_LIMIT, inf: LOG_LIMIT}.get(maximum)
    start = log(maximum) if centre is None else centre

    def limit(outside: float, if_unbounded: float) -> float:
        if start == outside or float(likelihood(np.array([outside]))[0]) > floor:
            return if_unbounded
        return exp(one_by_one(lambda points: likelihood(points) - floor, start, outside))

    return limit(-LOG_LIMIT, 0.0), limit(LOG_LIMIT, inf)


def check(likelihood: LogLikelihood) -> None:
    """Assert that both ways agree in every bit."""
    maximum = plain_mle(likelihood)
    assert rate_ratio_mle(likelihood) == maximum
    expected = plain_limits(likelihood, 0.05, maximum)
    assert confidence_sequence(likelihood, 0.05) == expected
    assert confidence_sequence(likelihood, 0.05, maximum=maximum) == expected


@given(shares, st.integers(0, 40))
def test_limits_of_a_concurrent_watch_have_the_digits_of_plain_bisection(
    drawn: list[float], treated: int
):
    """Sums over the events are the same, however many points are evaluated together."""
    likelihood = PartialLikelihood(min(treated, len(drawn)), len(drawn), np.array(drawn))

    check(likelihood.log_likelihood)


@st.composite
def stacks(draw: st.DrawFn) -> list[PartialLikelihood]:
    """Likelihoods that may be stacked: each of up to seven events, or all of equally many."""
    most = draw(st.integers(0, 20))
    fewest = 0 if most <= FILLED_EVENTS else most
    drawn = st.lists(st.floats(0, 1), min_size=fewest, max_size=most)
    return [
        PartialLikelihood(draw(st.integers(0, len(shares))), len(shares), shares)
        for shares in draw(st.lists(drawn, min_size=1, max_size=4))
    ]


def test_likelihoods_of_other_numbers_of_events_are_not_stacked():
    """Zeros would change the order in which more numbers are added."""
    eight, nine = (PartialLikelihood(1, n, [0.5] * n) for n in (8, 9))
    with pytest.raises(ValueError, match="stack likelihoods of equally many"):
        PartialLikelihoods([eight, nine])


@given(stacks())
def test_likelihoods_evaluated_together_have_the_digits_of_each_alone(
    alone: list[PartialLikelihood],
):
    """Neither the other likelihoods of a stack nor a guess from a curve changes a bit."""
    together = PartialLikelihoods(alone).log_likelihood
    curves = [each.curve() for each in alone]

    maxima = rate_ratio_mles(together, [near_maximum(curve) for curve in curves])

    assert maxima == [rate_ratio_mle(each.log_likelihood) for each in alone]
    assert confidence_sequences(together, 0.05, maxima, curves) == [
        confidence_sequence(each.log_likelihood, 0.05) for each in alone
    ]


@given(shares, st.integers(0, 40))
def test_a_curve_agrees_with_the_likelihood(drawn: list[float], treated: int):
    """A logarithm of a product is a sum of logarithms, for more factors than one product has."""
    likelihood = PartialLikelihood(min(treated, 5 * len(drawn)), 5 * len(drawn), drawn * 5)

    expected = likelihood.log_likelihood(LOG_RATIO_GRID)

    assert np.allclose(likelihood.curve(), expected, rtol=0, atol=1e-10)


@given(st.integers(0, 30), st.floats(0.01, 50), st.integers(0, 30))
def test_limits_of_a_reference_watch_have_the_digits_of_plain_bisection(
    events: int, expected: float, historical: int
):
    """Known and estimated rates, with and without events."""
    check(KnownRate(events, expected).log_likelihood)
    check(EstimatedRate(events, historical, expected / 50).log_likelihood)


@given(st.floats(-20, 20), st.floats(0.1, 9), st.booleans(), st.none() | st.floats(allow_nan=True))
def test_any_decreasing_function_gives_the_zero_of_plain_bisection(
    zero: float, power: float, is_ascending: bool, guess: float | None
):
    """A guess from a curve that is nearly flat or steep at its zero only costs time."""
    inside, outside = (-21.0, 21.0) if is_ascending else (21.0, -21.0)

    def function(points: Floats) -> Floats:
        distance = zero - points if is_ascending else points - zero
        return np.sign(distance) * np.abs(distance) ** power

    expected = one_by_one(function, inside, outside)
    assert bisection(function, [Bracket(inside, outside, guess)]) == [expected]
