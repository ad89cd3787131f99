"""Compares posterior, estimate and limits with SciPy's quadrature, optimiser and root finder."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.confidence_sequence import confidence_sequence
from monitor.stats.e_value import (
    LOG_TWO_SIDED_RATIOS,
    LogLikelihood,
    always_valid_p,
    log_e,
    log_mean_exp,
)
from monitor.stats.maximum_likelihood import rate_ratio_mle
from monitor.stats.posterior import posterior
from monitor.stats.reference import EstimatedRate, KnownRate

shares = st.lists(st.floats(0.05, 0.95), min_size=1, max_size=120)


@st.composite
def likelihoods(draw: st.DrawFn) -> LogLikelihood:
    """Draw a likelihood of any of the three kinds."""
    kind = draw(st.sampled_from(("concurrent", "known", "estimated")))
    if kind == "concurrent":
        share = np.array(draw(shares))
        treated = draw(st.integers(0, len(share)))
        return PartialLikelihood(treated=treated, events=len(share), shares=share).log_likelihood
    events = draw(st.integers(0, 100))
    if kind == "known":
        return KnownRate(events, draw(st.floats(0.05, 120.0))).log_likelihood
    ratio = draw(st.floats(0.01, 5.0))
    return EstimatedRate(events, draw(st.integers(1, 60)), ratio).log_likelihood


def at(likelihood: LogLikelihood, log_theta: float) -> float:
    """Return the log-likelihood at one log rate ratio."""
    return float(likelihood(np.array([log_theta]))[0])


def mode_of(density: Callable[[float], float]) -> float:
    """Return where a log density is largest."""
    return float(minimize_scalar(lambda b: -density(b), bounds=(-10, 10), method="bounded").x)


@given(likelihoods())
def test_the_posterior_agrees_with_quadrature(likelihood: LogLikelihood):
    """Under log RR ~ Normal(0, 1): both probabilities, and half of the mass below the median."""

    def log_density(b: float) -> float:
        return at(likelihood, b) - b * b / 2

    mode = mode_of(log_density)
    log_maximum = log_density(mode)

    def mass(low: float, high: float) -> float:
        cuts = [max(low, min(high, mode + step)) for step in (-2, -0.5, 0, 0.5, 2)]
        edges = sorted({low, high, *cuts})
        pieces = pairwise(edges)
        return sum(quad(lambda b: exp(log_density(b) - log_maximum), *piece)[0] for piece in pieces)

    estimated = posterior(likelihood)
    total = mass(-10, 10)

    assert estimated.above_1 == pytest.approx(mass(0, 10) / total, abs=1e-4)
    assert estimated.above_2 == pytest.approx(mass(log(2), 10) / total, abs=2e-4)
    if estimated.median > 0.01:  # It is rounded to four places.
        assert mass(-10, log(estimated.median)) / total == pytest.approx(0.5, abs=0.01)


@given(likelihoods())
def test_the_estimate_agrees_with_scipys_maximum(likelihood: LogLikelihood):
    """It is 0 or infinite where the likelihood only falls or only rises."""
    estimate = rate_ratio_mle(likelihood)
    edge = 15.0
    best = minimize_scalar(lambda b: -at(likelihood, b), bounds=(-edge, edge), method="bounded")

    if 1e-5 < estimate < 1e5:
        assert at(likelihood, log(estimate)) >= -best.fun - 1e-7
        assert log(estimate) == pytest.approx(best.x, abs=2e-3)
    else:
        assert abs(best.x) > 11


@pytest.mark.parametrize(
    ("treated", "expected"),
    [(0, 0.0), (7, inf)],
)
def test_the_estimate_is_0_or_infinite_if_one_arm_has_no_events(treated: int, expected: float):
    """It is 0 without events on treatment, and infinite without events on control."""
    sets = PartialLikelihood(treated=treated, events=7, shares=np.full(7, 0.5))

    assert rate_ratio_mle(sets.log_likelihood) == expected


@pytest.mark.parametrize(("events", "expected"), [(6, 0.6), (1, 4.0), (40, 40.0)])
def test_the_estimate_against_a_known_rate_is_observed_over_expected(events: int, expected: float):
    """Against a known rate the estimate has a closed form."""
    estimate = rate_ratio_mle(KnownRate(events, expected).log_likelihood)

    assert estimate == pytest.approx(events / expected, rel=1e-5)


@given(likelihoods(), st.sampled_from((0.05, 0.01)))
def test_the_two_sided_e_value_at_each_limit_is_1_over_alpha(
    likelihood: LogLikelihood, alpha: float
):
    """SciPy's root finder locates the same limits, and the estimate is between them."""
    low, high = confidence_sequence(likelihood, alpha)
    mixture = log_mean_exp(likelihood(LOG_TWO_SIDED_RATIOS))

    def excess(b: float) -> float:
        return mixture - at(likelihood, b) - log(1 / alpha)

    best = rate_ratio_mle(likelihood)
    centre = min(20.0, max(-20.0, log(best))) if 0 < best < inf else (20.0 if best else -20.0)
    assert excess(centre) < 0
    for limit, beyond in ((low, -20.5), (high, 20.5)):
        if 1e-8 < limit < 1e8:
            assert log(limit) == pytest.approx(brentq(excess, centre, beyond), abs=1e-6)
        else:
            assert excess(17.0 if limit > 1 else -17.0) < 0
    assert low <= best <= high


@given(likelihoods())
def test_the_always_valid_p_is_the_inverse_of_e(likelihood: LogLikelihood):
    """It is never above 1, and at most alpha exactly where E is at least 1 / alpha."""
    value = log_e(likelihood)
    p = always_valid_p(value)

    assert p == pytest.approx(min(1.0, exp(-value)), rel=1e-12)
    assert (p <= 0.05) == (value >= log(20) - 1e-12)
