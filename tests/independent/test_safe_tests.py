"""Holds the e-values of two arms to mean 1 under the null, by enumeration."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from monitor.stats.sequential.safe_logrank import (
    logrank_z,
    safe_logrank_exact,
    safe_logrank_gaussian,
)
from monitor.stats.sequential.safe_two_by_two import safe_2x2_evalue

BLOCKS = list(product((0, 1), repeat=4))


@pytest.mark.parametrize("risk", [0.05, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("prior", [(0.18, 0.18), (1.0, 1.0), (2.0, 8.0)])
def test_the_safe_2x2_e_value_has_mean_at_most_1_and_seldom_ever_reaches_2(
    risk: float, prior: tuple[float, float]
):
    """All outcomes of four blocks of one patient each on both arms, at equal risks."""
    mean, ever = 0.0, 0.0
    for a, b in product(BLOCKS, BLOCKS):
        events = sum(a) + sum(b)
        mass = risk**events * (1.0 - risk) ** (8 - events)
        path = [safe_2x2_evalue(a[:n], b[:n], prior_a=prior, prior_b=prior) for n in range(1, 5)]
        mean += mass * path[-1]
        ever += mass * (max(path) >= 2.0)

    assert mean <= 1.0 + 1e-12
    assert 0.0 < ever <= 0.5


@pytest.mark.parametrize("hazard_ratio", [0.5, 0.7, 3.0])
def test_the_safe_log_rank_factor_has_mean_1_for_every_risk_set(hazard_ratio: float):
    """Up to four patients on each arm and any number of events, at equal hazards."""
    for y0, y1 in product(range(5), range(5)):
        for d in range(y0 + y1 + 1):
            means = np.zeros(3)
            for m in range(max(0, d - y0), min(d, y1) + 1):
                mass = comb(y1, m) * comb(y0, d - m) / comb(y0 + y1, d)
                means += mass * np.array(safe_logrank_exact([y0], [y1], [d - m], [m], hazard_ratio))
            assert means == pytest.approx(np.ones(3), abs=1e-12), (y0, y1, d)


def test_exchanged_arms_exchange_the_two_sides():
    """The log-rank z changes its sign, and e-values for less and greater change places."""
    sets = [[6, 4, 4, 1], [6, 6, 5, 2], [1, 0, 2, 1], [0, 1, 1, 0]]
    y0, y1, d0, d1 = sets

    ours, exchanged = (
        safe_logrank_exact(y0, y1, d0, d1, 0.6),
        safe_logrank_exact(y1, y0, d1, d0, 0.6),
    )

    assert ours.less == pytest.approx(exchanged.greater) and ours.less != ours.greater
    z, other = logrank_z(y0, y1, d0, d1), logrank_z(y1, y0, d1, d0)
    assert z is not None and other is not None and z == pytest.approx(-other)
    assert safe_logrank_gaussian(-1.0, 30, 0.5).less > safe_logrank_gaussian(1.0, 30, 0.5).less


def test_the_gaussian_e_value_has_mean_1_under_a_normal_z():
    """By quadrature over the standard normal distribution."""
    for side in range(3):

        def weighted(z: float, side: int = side) -> float:
            return safe_logrank_gaussian(z, 40, 0.6)[side] * float(norm.pdf(z))

        assert quad(weighted, -12.0, 12.0)[0] == pytest.approx(1.0, abs=1e-9)


def test_a_log_rank_test_without_both_arms_has_no_statistic():
    """One arm empty on every day: no z, and an e-value of 1."""
    assert logrank_z([0, 0], [3, 2], [0, 0], [1, 1]) is None
    assert safe_logrank_exact([0, 0], [3, 2], [0, 0], [1, 1], 0.5).two_sided == 1.0
