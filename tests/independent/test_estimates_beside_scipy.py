"""Compares further estimates and posteriors with definitions, enumeration and SciPy."""

from __future__ import annotations

from itertools import product
from math import inf, isclose, isfinite
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

from monitor.stats.bayes.beta_binomial import probability_risk_ratio_above
from monitor.stats.bayes.gamma_poisson_greater import probability_rate_ratio_above
from monitor.stats.estimates.barnard import barnard
from monitor.stats.estimates.boschloo import boschloo
from monitor.stats.estimates.odds_ratio import odds_ratio
from monitor.stats.estimates.poisson_e_test import poisson_e_test
from monitor.stats.estimates.rate_byar import rate_byar
from monitor.stats.estimates.rate_difference_score import rate_difference_score
from monitor.stats.estimates.rate_jeffreys import rate_jeffreys
from monitor.stats.estimates.rate_mid_p import rate_mid_p
from monitor.stats.estimates.rate_ratio_score import rate_ratio_score
from monitor.stats.estimates.risk_difference_wald import agresti_caffo, risk_difference_wald
from monitor.stats.estimates.risk_ratio_katz import risk_ratio_katz
from monitor.stats.estimates.risk_ratio_score import risk_ratio_score
from monitor.stats.fisher import fisher
from monitor.stats.garwood import garwood
from monitor.stats.many_terms.bonferroni import bonferroni
from monitor.stats.many_terms.double_fdr import double_fdr

DIFFERENCES = [risk_difference_wald, agresti_caffo]
RATIOS = [risk_ratio_score, risk_ratio_katz, odds_ratio]

arm = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
rate_arm = st.tuples(st.integers(0, 60), st.floats(0.5, 5e3))


def risks(treated: tuple[int, int], control: tuple[int, int]) -> dict[str, Any]:
    """Return the arguments of a comparison of risks."""
    names = ("events", "patients", "control_events", "control_patients")
    return dict(zip(names, (*treated, *control), strict=True))


def rates(treated: tuple[int, float], control: tuple[int, float]) -> dict[str, Any]:
    """Return the arguments of a comparison of rates."""
    names = ("events", "person_time", "control_events", "control_person_time")
    return dict(zip(names, (*treated, *control), strict=True))


@given(events=st.integers(0, 400), confidence=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_mid_p_limits_have_the_tail_area_and_stand_inside_the_exact_ones(
    events: int, confidence: float
):
    """By the definition of mid-p; Byar's and Jeffreys' limits are near them."""
    area = (1.0 - confidence) / 2.0
    ours, exact = (
        rate_mid_p(events, 1.0, confidence=confidence),
        garwood(events, 1.0, confidence=confidence),
    )
    upper = stats.poisson(ours.high)

    assert isclose(upper.cdf(events) - upper.pmf(events) / 2.0, area, rel_tol=1e-8)
    assert exact.low <= ours.low <= ours.high < exact.high
    if events:
        lower = stats.poisson(ours.low)
        assert isclose(lower.sf(events) + lower.pmf(events) / 2.0, area, rel_tol=1e-8)
    assert isclose(rate_byar(events, 1.0, confidence=confidence).high, exact.high, rel_tol=0.02)
    jeffreys = stats.gamma(events + 0.5).ppf(1.0 - area)
    assert isclose(rate_jeffreys(events, 1.0, confidence=confidence).high, jeffreys, rel_tol=1e-9)


@given(treated=rate_arm, control=rate_arm)
def test_exchanging_the_arms_mirrors_limits_of_rates(
    treated: tuple[int, float], control: tuple[int, float]
):
    """The upper limit of a ratio is 1 over the lower one of its inverse."""
    ours, other = (
        rate_ratio_score(**rates(*both)) for both in ((treated, control), (control, treated))
    )
    first, second = (
        rate_difference_score(**rates(*both)) for both in ((treated, control), (control, treated))
    )

    assert (first.low, first.high) == (-second.high, -second.low)
    assert first.low <= (first.value or 0.0) <= first.high and isfinite(first.high - first.low)
    assert isclose(ours.low * other.high, 1.0, rel_tol=1e-9) or (ours.low, other.high) == (0.0, inf)


@pytest.mark.parametrize("interval", RATIOS)
@given(treated=arm, control=arm)
def test_exchanging_the_arms_inverts_limits_of_ratios(
    interval: Any, treated: tuple[int, int], control: tuple[int, int]
):
    """They also hold the estimate, whatever arm has no events."""
    ours, other = interval(**risks(treated, control)), interval(**risks(control, treated))

    assert isclose(ours.low * other.high, 1.0, rel_tol=1e-6) or (ours.low, other.high) == (0.0, inf)
    if ours.value is not None:
        assert ours.low <= ours.value <= ours.high


@pytest.mark.parametrize("interval", DIFFERENCES)
@given(treated=arm, control=arm)
def test_limits_of_differences_are_inside_their_range_and_mirrored(
    interval: Any, treated: tuple[int, int], control: tuple[int, int]
):
    """Agresti and Caffo's need not hold the estimate of a table without events."""
    ours, other = interval(**risks(treated, control)), interval(**risks(control, treated))

    assert -1.0 <= ours.low <= ours.high <= 1.0
    assert isclose(ours.low, -other.high, abs_tol=1e-12)


@given(treated=arm, control=arm)
def test_the_odds_ratio_is_the_one_of_scipy(treated: tuple[int, int], control: tuple[int, int]):
    """Its limits decide as Fisher's one-sided tests do."""
    (x1, n1), (x0, n0) = treated, control
    ours = odds_ratio(**risks(treated, control))
    test = fisher(**risks(treated, control))

    if ours.value is not None:
        assert (ours.low > 1.0) == (test.greater < 0.025) or isclose(test.greater, 0.025)
        assert (ours.high < 1.0) == (test.less < 0.025) or isclose(test.less, 0.025)
        theirs = stats.contingency.odds_ratio([[x1, n1 - x1], [x0, n0 - x0]]).statistic
        assert isclose(ours.value, theirs, rel_tol=1e-6)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize(("n1", "n0"), [(4, 5), (7, 3)])
def test_unconditional_tests_are_exact_by_enumeration(n1: int, n0: int, alternative: Any):
    """No common risk makes a p-value at most alpha more probable than alpha."""
    for test in (barnard, boschloo):
        tables = list(product(range(n1 + 1), range(n0 + 1)))
        p = {
            (x1, x0): test(**risks((x1, n1), (x0, n0)), alternative=alternative).p_value
            for x1, x0 in tables
        }
        for risk in np.linspace(0.01, 0.99, 45):
            weights = {
                (x1, x0): stats.binom.pmf(x1, n1, risk) * stats.binom.pmf(x0, n0, risk)
                for x1, x0 in tables
            }
            for alpha in (0.01, 0.05, 0.2):
                total = sum(weights[table] for table in tables if p[table] <= alpha)
                assert total <= alpha + 1e-9


@pytest.mark.parametrize("table", [((8, 10), (1, 9)), ((0, 12), (3, 9)), ((5, 20), (11, 20))])
def test_unconditional_tests_find_the_largest_probability(table: Any):
    """Scipy's optimizer can miss the highest peak by 1e-4; Boschloo's p is at most Fisher's."""
    arguments = risks(*table)
    (x1, n1), (x0, n0) = table
    ours = barnard(**arguments, alternative="two-sided")
    z = [
        [abs(barnard(**risks((a, n1), (b, n0))).statistic) for b in range(n0 + 1)]
        for a in range(n1 + 1)
    ]
    is_extreme = np.array(z) >= abs(ours.statistic) * (1 - 1e-12)
    grid = np.linspace(0.0005, 0.9995, 4001)[:, np.newaxis]
    treated = stats.binom.pmf(np.arange(n1 + 1), n1, grid)
    control = stats.binom.pmf(np.arange(n0 + 1), n0, grid)
    largest = ((treated @ is_extreme) * control).sum(axis=1).max()
    theirs = stats.barnard_exact([[x1, x0], [n1 - x1, n0 - x0]]).pvalue

    assert isclose(ours.p_value, largest, rel_tol=1e-5) and ours.p_value >= largest - 1e-12
    assert theirs - 1e-9 <= ours.p_value <= theirs * 1.01
    assert boschloo(**arguments, alternative="less").p_value <= fisher(**arguments).less + 1e-12


@pytest.mark.parametrize("counts", [(3, 9), (1, 1), (14, 4), (20, 25), (7, 1)])
def test_the_e_test_is_the_one_of_scipy(counts: tuple[int, int]):
    """Greater is compared where the rate is: scipy leaves out tables without events below it."""
    (x1, x0), (t1, t0) = counts, (11.37, 17.19)
    ours = poisson_e_test(**rates((x1, t1), (x0, t0)))
    theirs = stats.poisson_means_test(x1, t1, x0, t0)

    assert isclose(ours.two_sided, theirs.pvalue, abs_tol=1e-9)
    if x1 / t1 > x0 / t0:
        theirs = stats.poisson_means_test(x1, t1, x0, t0, alternative="greater")
        assert isclose(ours.greater, theirs.pvalue, abs_tol=1e-9)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("prior", [(0.5, 0.5), (1.0, 1.0), (0.2, 3.0)])
def test_posterior_probabilities_of_ratios_are_those_of_adaptive_quadrature(
    ratio: float, prior: tuple[float, float]
):
    """The control risk is integrated over its quantiles; the two directions sum to 1."""
    treated, control = (
        stats.beta(prior[0] + 6, prior[1] + 20),
        stats.beta(prior[0] + 4, prior[1] + 30),
    )
    expected = quad(lambda u: treated.sf(ratio * control.ppf(u)), 0.0, 1.0, limit=400)[0]
    ours = probability_risk_ratio_above(**risks((6, 26), (4, 34)), ratio=ratio, prior=prior)
    other = probability_risk_ratio_above(**risks((4, 34), (6, 26)), ratio=1 / ratio, prior=prior)

    assert isclose(ours, expected, abs_tol=1e-6)
    assert isclose(ours + other, 1.0, abs_tol=1e-9)
    one = probability_rate_ratio_above(**rates((6, 26.0), (4, 34.0)), ratio=ratio)
    swapped = probability_rate_ratio_above(**rates((4, 34.0), (6, 26.0)), ratio=1 / ratio)
    assert isclose(one + swapped, 1.0, abs_tol=1e-12)


def test_one_organ_class_makes_double_fdr_the_test_of_all_terms():
    """And a share of all alpha makes one term the only one."""
    p = [0.001, 0.03, 0.5]

    assert double_fdr(p, ["skin"] * 3, 0.05) == (0, 1)
    assert double_fdr(p, ["skin", "eye", "eye"], 0.05) == (0,)
    assert double_fdr([], [], 0.05) == bonferroni([], 0.05) == ()
    assert bonferroni(p, 0.05, shares=[0.0, 1.0, 0.0]) == (1,)
