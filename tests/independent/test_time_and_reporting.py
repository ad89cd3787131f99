"""Recomputes cumulative incidence, false discovery control and the gamma-Poisson tail."""

from __future__ import annotations

from math import lgamma, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.aalen_johansen import End, aalen_johansen
from monitor.stats.benjamini_hochberg import benjamini_hochberg
from monitor.stats.gamma_poisson import excess_variance, gamma_poisson_lower_tail

TIMES = st.lists(st.tuples(st.integers(0, 40), st.sampled_from(End)), min_size=1, max_size=30)


@given(times=TIMES)
def test_the_incidences_of_both_causes_and_survival_add_up_to_one(times: list[tuple[int, End]]):
    """Event, competing event and neither are all that can happen, on every day."""
    swapped = {End.EVENT: End.COMPETING, End.COMPETING: End.EVENT, End.CENSORED: End.CENSORED}
    own = aalen_johansen(times)
    other = aalen_johansen([(day, swapped[end]) for day, end in times])
    survival = 1.0
    for one, two in zip(own, other, strict=True):
        survival *= 1 - (one.events + one.competing) / one.at_risk
        assert one.incidence.value is not None and two.incidence.value is not None
        assert one.incidence.value + two.incidence.value + survival == pytest.approx(1)


@given(times=TIMES)
def test_without_a_competing_event_the_variance_is_greenwoods(times: list[tuple[int, End]]):
    """The limits are those of log(-log) with Greenwood's variance of one minus survival."""
    only = [(day, End.CENSORED if end is End.COMPETING else end) for day, end in times]
    survival, total = 1.0, 0.0
    for point in aalen_johansen(only):
        survival *= 1 - point.events / point.at_risk
        incidence = 1 - survival
        if point.at_risk == point.events:
            break
        total += point.events / (point.at_risk * (point.at_risk - point.events))
        spread = 1.959963984540054 * survival * total**0.5 / (incidence * log(incidence))
        expected = sorted(incidence ** np.exp(sign * spread) for sign in (-1, 1))
        assert point.incidence == pytest.approx((incidence, *expected))


def test_hypothesis_tests_rejected_one_at_a_time():
    """Fifteen p-values of the paper's example: the four smallest are rejected at 0.05."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p += [0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert benjamini_hochberg(p, 0.05) == (0, 1, 2, 3)
    assert benjamini_hochberg([], 0.05) == ()


@given(
    events=st.integers(0, 60),
    expected=st.floats(0.1, 80),
    subjects=st.integers(1, 30),
    variance=st.floats(0.05, 4),
)
def test_the_tail_is_the_sum_of_its_probabilities(
    events: int, expected: float, subjects: int, variance: float
):
    """The tail adds the negative binomial probabilities up to the count, by their formula."""
    size = subjects / variance
    p = size / (size + expected)
    logs = [
        lgamma(size + k) - lgamma(size) - lgamma(k + 1) + size * log(p) + k * log(1 - p)
        for k in range(events + 1)
    ]
    found = gamma_poisson_lower_tail(events, expected, subjects=subjects, variance=variance)
    assert found == pytest.approx(sum(np.exp(logs)), rel=1e-6, abs=1e-12)


def test_the_moments_find_the_variance_of_drawn_rates():
    """Counts with gamma rates of variance 0.5 give about 0.5; equal rates give about 0."""
    random = np.random.default_rng(20261130)
    means = random.uniform(2, 10, 20_000)
    counts = random.poisson(means * random.gamma(2, 0.5, 20_000))
    assert excess_variance(counts.tolist(), means.tolist()) == pytest.approx(0.5, abs=0.05)
    equal = random.poisson(means)
    assert excess_variance(equal.tolist(), means.tolist()) < 0.01


@pytest.mark.parametrize(
    "arguments",
    [(-1, 1.0, 1, 0.0), (0, -1.0, 1, 0.0), (0, 1.0, 0, 0.0), (0, 1.0, 1, float("nan"))],
)
def test_arguments_out_of_range_are_refused(arguments: tuple[int, float, int, float]):
    """Counts, means, subjects and variances that cannot be are refused."""
    events, expected, subjects, variance = arguments
    with pytest.raises(ValueError, match="give"):
        gamma_poisson_lower_tail(events, expected, subjects=subjects, variance=variance)
    with pytest.raises(ValueError, match="negative"):
        aalen_johansen([(-1, End.EVENT)])
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg([1.5], 0.05)
