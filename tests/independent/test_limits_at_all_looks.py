"""Holds limits that are valid at all looks, and Thall-Simon, to exact probabilities."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from monitor.stats.sequential.bernoulli_confidence_sequence import bernoulli_confidence_sequence
from monitor.stats.sequential.betting import betting_confidence_sequence, betting_martingale
from monitor.stats.sequential.thall_simon import thall_simon_boundary


@pytest.mark.parametrize("p", [0.05, 0.4])
def test_the_limits_of_a_risk_are_ever_wrong_with_probability_at_most_alpha(p: float):
    """By dynamic programming to 60 patients, at alpha 0.2."""
    running, wrong = {0: 1.0}, 0.0
    for patients in range(1, 61):
        following: dict[int, float] = {}
        for events, mass in running.items():
            following[events] = following.get(events, 0.0) + mass * (1.0 - p)
            following[events + 1] = following.get(events + 1, 0.0) + mass * p
        running = {}
        for events, mass in following.items():
            _, low, high = bernoulli_confidence_sequence(
                events, patients, alpha=0.2, patients_opt=30
            )
            if low <= p <= high:
                running[events] = mass
            else:
                wrong += mass

    assert 0.02 < wrong <= 0.2


def test_the_limits_of_a_risk_mirror_each_other():
    """Events and their absence exchange the limits; without patients nothing is known."""
    value, low, high = bernoulli_confidence_sequence(3, 20, patients_opt=20)
    mirrored = bernoulli_confidence_sequence(17, 20, patients_opt=20)

    assert mirrored.value == pytest.approx(1.0 - (value or 0.0))
    assert mirrored[1:] == pytest.approx((1.0 - high, 1.0 - low), abs=1e-9)
    assert bernoulli_confidence_sequence(0, 0, patients_opt=20) == (None, 0.0, 1.0)
    assert bernoulli_confidence_sequence(0, 50, patients_opt=20).low == 0.0


@pytest.mark.parametrize("mean", [0.2, 0.5, 0.7])
@pytest.mark.parametrize("theta", [0.0, 1.0])
def test_each_gambler_has_mean_1_after_any_number_of_observations(mean: float, theta: float):
    """All sequences of eight observations of 0 or 1."""
    means = np.zeros(8)
    for outcomes in product((0, 1), repeat=8):
        mass = mean ** sum(outcomes) * (1.0 - mean) ** (8 - sum(outcomes))
        means += mass * np.array(betting_martingale(outcomes, mean, theta=theta))

    assert means == pytest.approx(np.ones(8), abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=5, max_size=60), st.floats(0.02, 0.98))
def test_limits_of_a_mean_are_where_the_capital_has_never_been_1_over_alpha(
    observations: list[float], mean: float
):
    """A mean is inside the limits just where no bet against it has won enough."""
    _, low, high = betting_confidence_sequence(observations, alpha=0.1)

    capital = max(betting_martingale(observations, mean, alpha=0.1))

    if abs(capital - 10.0) > 1e-6 and min(abs(mean - low), abs(mean - high)) > 1e-9:
        assert (low < mean < high) is (capital < 10.0)


def test_thall_and_simons_probability_is_that_of_two_beta_distributions():
    """The limit is the first number of events above the threshold, by adaptive quadrature."""
    standard, experimental, margin = beta(20, 80), (0.4, 1.6), 0.05
    limits = thall_simon_boundary(15, (20, 80), experimental, margin=margin, threshold=0.9)

    def above(events: int, patients: int) -> float:
        risk = beta(experimental[0] + events, experimental[1] + patients - events)
        return quad(lambda s: risk.sf(s + margin) * standard.pdf(s), 0.0, 1.0, points=[0.2])[0]

    for patients, limit in enumerate(limits, start=1):
        assert limit == patients + 1 or above(limit, patients) > 0.9
        assert above(limit - 1, patients) <= 0.9
    assert limits == sorted(limits)
