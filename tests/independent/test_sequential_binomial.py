"""Holds rules for patients to exact enumeration: their error is at most alpha, and near it."""

from __future__ import annotations

from math import comb, exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.stats.sequential.binomial_maxsprt import binomial_maxsprt, null_share
from monitor.stats.sequential.binomial_paths import binomial_crossing
from monitor.stats.sequential.binomial_spending import binomial_spending_limits
from monitor.stats.sequential.stopping_rule_binary import (
    Score,
    beta_binomial_score,
    maxsprt_score,
    pocock_score,
    sprt_score,
    stopping_rule_at,
    stopping_rule_binary,
    wang_tsiatis_score,
)
from monitor.stats.sequential.wald_sprt import wald_sprt_binomial
from tests.independent.sequential_enumeration import (
    enumerated,
    poisson_stop_probability,
    stop_probability,
)

SCORES: dict[str, Score] = {
    "Pocock": pocock_score(0.2),
    "O'Brien-Fleming": wang_tsiatis_score(0.2, 0.0, 40),
    "Wang-Tsiatis": wang_tsiatis_score(0.2, 0.25, 40),
    "beta-binomial": beta_binomial_score(0.2, (0.6, 2.4)),
    "SPRT": sprt_score(0.2, 0.4),
    "MaxSPRT": maxsprt_score(0.2),
}


@settings(max_examples=30, deadline=None)
@given(st.data(), st.floats(0.05, 0.95))
def test_binomial_crossing_equals_the_sum_over_all_sequences(data: st.DataObject, p: float):
    """Looks and limits of any kind, by listing every sequence of up to nine trials."""
    looks = sorted(data.draw(st.sets(st.integers(1, 9), min_size=1)))
    upper = [data.draw(st.integers(0, look + 1)) for look in looks]
    lower = [data.draw(st.integers(-1, look)) for look in looks]

    crossing = binomial_crossing(looks, upper, p, lower=lower)

    above, below, mean = enumerated(looks, upper, lower, p)
    assert crossing.upper == pytest.approx(above, abs=1e-12)
    assert crossing.lower == pytest.approx(below, abs=1e-12)
    assert crossing.mean_trials == pytest.approx(mean, abs=1e-12)


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("alpha", [0.02, 0.1])
def test_a_single_arm_rule_errs_with_at_most_alpha_and_the_next_wider_one_with_more(
    name: str, alpha: float
):
    """By a second dynamic program; the critical value is the smallest that the data can have."""
    looks, score = range(1, 41), SCORES[name]
    rule = stopping_rule_binary(looks, score, 0.2, alpha)

    error = stop_probability(40, 0.2, lambda events, n: events >= rule.limits[n - 1])
    assert error == pytest.approx(rule.crossing(0.2).upper_probability, abs=1e-12)
    assert error <= alpha

    wider = stopping_rule_at(looks, score, rule.critical_value * (1.0 - 1e-6))
    while wider.limits == rule.limits:
        wider = stopping_rule_at(looks, score, wider.critical_value * 0.999)
    assert wider.crossing(0.2).upper_probability > alpha


@pytest.mark.parametrize("name", SCORES)
def test_limits_never_fall_and_are_met_by_a_lower_risk_less_often(name: str):
    """More patients never need fewer events; the error is largest at the tolerable risk."""
    rule = stopping_rule_binary(range(1, 41), SCORES[name], 0.2, 0.1)
    errors = [rule.crossing(p).upper_probability for p in (0.05, 0.1, 0.2, 0.3, 0.6)]

    assert rule.limits == sorted(rule.limits)
    assert errors == sorted(errors)


@pytest.mark.parametrize("z", [0.5, 1.0, 3.0])
def test_binomial_maxsprt_errs_with_at_most_alpha_up_to_300_events(z: float):
    """The rule of whole numbers, by a second dynamic program."""
    rule = binomial_maxsprt(range(1, 301), z, 0.05)

    error = stop_probability(300, null_share(z), lambda x, n: x >= rule.limits[n - 1])

    assert 0.03 < error <= 0.05
    assert rule.limits == sorted(rule.limits)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_exact_binomial_spending_spends_no_more_than_planned_and_wastes_no_event(
    data: st.DataObject,
):
    """By a second dynamic program; one event fewer at any look would spend too much."""
    looks = sorted(data.draw(st.sets(st.integers(1, 40), min_size=1, max_size=4)))
    planned = sorted(data.draw(st.floats(0.0, 0.2)) for _ in looks)
    p = data.draw(st.floats(0.1, 0.6))

    limits, spent = binomial_spending_limits(looks, p, planned)

    def spent_by(limits: list[int], end: int) -> float:
        at = dict(zip(looks, limits, strict=True))
        return stop_probability(end, p, lambda x, n: n in at and x >= at[n])

    for number, look in enumerate(looks):
        assert spent_by(limits, look) == pytest.approx(spent[number], abs=1e-12)
        assert spent[number] <= planned[number]
        if limits[number] > 0:
            fewer = [*limits[:number], limits[number] - 1, *limits[number + 1 :]]
            assert spent_by(fewer, look) > planned[number] - 1e-12


def test_walds_test_keeps_both_errors_within_their_bounds():
    """The errors are at most alpha / (1 - beta) and beta / (1 - alpha); 400 patients end all."""
    lines = wald_sprt_binomial(0.05, 0.25, 0.1, 0.15)

    def ends(up: bool, p: float) -> float:
        running, accepted = {0: 1.0}, 0.0
        for n in range(1, 400):
            following: dict[int, float] = {}
            for x, mass in running.items():
                for added, share in ((0, 1.0 - p), (1, p)):
                    following[x + added] = following.get(x + added, 0.0) + mass * share
            line = lines.slope * n
            high, low = line + lines.upper_intercept, line + lines.lower_intercept
            accepted += sum(m for x, m in following.items() if (x >= high if up else x <= low))
            running = {x: m for x, m in following.items() if low < x < high}
        return accepted

    assert ends(True, 0.05) <= 0.1 / 0.85
    assert ends(False, 0.25) <= 0.15 / 0.9
    assert ends(True, 0.25) + ends(False, 0.25) == pytest.approx(1.0, abs=1e-6)


def test_the_listing_itself_is_right():
    """Two of three trials succeed: a check of the check, by hand."""
    above, _, mean = enumerated([3], [2], [-1], 0.5)

    assert above == [0.5] and mean == 3.0
    assert stop_probability(3, 0.5, lambda x, n: n == 3 and x >= 2) == 0.5
    assert poisson_stop_probability([1.0], [1], 2.0) == pytest.approx(1.0 - exp(-2.0))
    assert comb(3, 2) == 3


def test_impossible_counts_of_a_long_rule_are_no_trouble():
    """The p-value of 500 events of 500 is 0 in double precision."""
    rule = stopping_rule_binary(range(1, 501), pocock_score(0.05), 0.05, 0.05)

    error = stop_probability(500, 0.05, lambda events, n: events >= rule.limits[n - 1])
    assert 0.04 < error <= 0.05
