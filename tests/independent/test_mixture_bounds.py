"""Holds mixture supermartingales to mean 1, and their bounds to 1 over alpha."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln

from monitor.stats.sequential.beta_binomial_mixture import BetaBinomialMixture
from monitor.stats.sequential.gamma_mixtures import GammaExponentialMixture, GammaPoissonMixture
from monitor.stats.sequential.log_mixture import Mixture, mixture_bound
from monitor.stats.sequential.normal_mixture import NormalMixture
from monitor.stats.sequential.stitched_bound import poly_stitching_bound
from tests.independent.sequential_enumeration import binomial, poisson


def binomial_mean(mixture: Mixture, trials: int, p: float) -> float:
    """Return the mean of a sub-Bernoulli mixture after *trials* trials."""
    v = trials * p * (1.0 - p)
    return sum(
        binomial(x, trials, p) * exp(mixture.log_mixture(x - trials * p, v))
        for x in range(trials + 1)
    )


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("is_one_sided", [True, False])
def test_the_beta_binomial_mixture_has_mean_1_for_binomial_counts(p: float, is_one_sided: bool):
    """After any number of trials: it is a martingale there."""
    mixture = BetaBinomialMixture(20 * p * (1 - p), p, 1 - p, is_one_sided=is_one_sided)

    means = [binomial_mean(mixture, trials, p) for trials in (1, 5, 40)]

    assert means == pytest.approx([1.0] * 3, abs=1e-9)


@pytest.mark.parametrize("expected", [0.2, 3.0, 8.0])
def test_the_gamma_poisson_mixture_has_mean_1_for_poisson_counts(expected: float):
    """Events less those expected, at a known rate."""
    mixture = GammaPoissonMixture(v_opt=5.0)

    mean = sum(
        poisson(count, expected) * exp(mixture.log_mixture(count - expected, expected))
        for count in range(165)
    )

    assert mean == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("v", [0.5, 5.0, 50.0])
def test_the_gamma_exponential_mixture_has_mean_1_for_centred_exponential_sums(v: float):
    """Unit exponentials less their mean are sub-exponential with c = 1 and variance 1 each."""
    mixture = GammaExponentialMixture(v_opt=5.0, c=1.0)

    def weighted(log_total: float) -> float:
        total = exp(log_total)
        log_density = v * log_total - total - float(gammaln(v))
        return exp(mixture.log_mixture(total - v, v) + log_density)

    means = [quad(weighted, low, low + 2.0, limit=200)[0] for low in range(-40, 24, 2)]
    assert sum(means) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("is_one_sided", [True, False])
def test_the_normal_mixture_has_mean_1_for_normal_sums(is_one_sided: bool):
    """By quadrature at a variance of 30."""
    mixture = NormalMixture(v_opt=10.0, is_one_sided=is_one_sided)

    def weighted(s: float) -> float:
        return exp(mixture.log_mixture(s, 30.0) - s * s / 60.0) / (60.0 * np.pi) ** 0.5

    assert quad(weighted, -400.0, 400.0, limit=400)[0] == pytest.approx(1.0, abs=1e-8)


MIXTURES: list[Mixture] = [
    NormalMixture(10.0),
    NormalMixture(10.0, is_one_sided=False),
    GammaExponentialMixture(10.0, 1.0),
    GammaPoissonMixture(10.0),
    BetaBinomialMixture(10.0, 0.5, 0.5),
]


@pytest.mark.parametrize("mixture", MIXTURES, ids=lambda mixture: type(mixture).__name__)
def test_a_bound_is_where_the_mixture_is_1_over_alpha_and_grows_with_v(mixture: Mixture):
    """And it rises as alpha falls."""
    bounds = [mixture_bound(mixture, v, 0.05) for v in (5.0, 20.0, 80.0)]

    for v, bound in zip((5.0, 20.0, 80.0), bounds, strict=True):
        assert mixture.log_mixture(bound, v) == pytest.approx(log(20.0), abs=1e-8)
        assert mixture_bound(mixture, v, 0.01) > bound
    assert bounds == sorted(bounds)


def test_a_bound_that_no_sum_can_reach_is_the_largest_sum():
    """Two trials with an event each are no evidence at 1 in 20."""
    assert mixture_bound(BetaBinomialMixture(5.0, 0.5, 0.5), 0.5, 0.05) == 1.0


def test_the_stitched_bound_grows_and_costs_more_than_a_tuned_mixture():
    """It needs no tuning: below v_min it is constant."""
    bounds = [poly_stitching_bound(v, 0.05, v_min=10.0) for v in (1.0, 10.0, 100.0, 1e4)]

    assert bounds[0] == bounds[1] and bounds == sorted(bounds)
    assert bounds[2] > mixture_bound(NormalMixture(100.0), 100.0, 0.05)
