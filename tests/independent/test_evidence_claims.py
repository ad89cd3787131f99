"""Checks the claims about E: a mean of at most 1, and crossings with at most alpha."""

from __future__ import annotations

from itertools import product
from math import exp, lgamma, log
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import gammaln

from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.e_value import log_e
from monitor.stats.reference import EstimatedRate, KnownRate
from tests.independent.risk_sets import risk_sets_of

RiskSet = tuple[int, int]
"""Patients at risk on treatment and on control."""

risk_sets = st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(any)


def e_of(history: list[tuple[int, int, int]]) -> float:
    """Return E after these events."""
    return exp(log_e(risk_sets_of(history).log_likelihood))


@given(st.lists(risk_sets, max_size=8))
def test_the_mean_of_e_is_1_for_any_risk_sets(sequence: list[RiskSet]):
    """All sequences of arms are enumerated; under the null all subjects have the same hazard."""
    mean = 0.0
    for arms in product((0, 1), repeat=len(sequence)):
        probability = 1.0
        for x, (on, off) in zip(arms, sequence, strict=True):
            probability *= (on if x else off) / (on + off)
        if probability:
            mean += probability * e_of(
                [(x, *risk_set) for x, risk_set in zip(arms, sequence, strict=True)]
            )

    assert mean == pytest.approx(1.0, rel=1e-9)


@given(st.integers(0, 2**32), st.integers(1, 7))
def test_the_mean_of_e_is_1_if_risk_sets_depend_on_the_past(seed: int, length: int):
    """Dropout, entry and even the end of the trial may depend on earlier events."""

    def at_risk(past: tuple[int, ...]) -> RiskSet | None:
        generator = Random(f"{seed}/{past}")
        return (
            None if generator.random() < 0.1 else (generator.randint(1, 9), generator.randint(0, 9))
        )

    def mean(past: tuple[int, ...], history: list[tuple[int, int, int]]) -> float:
        risk_set = at_risk(past) if len(past) < length else None
        if risk_set is None:
            return e_of(history)
        on, off = risk_set
        return sum(
            size / (on + off) * mean((*past, x), [*history, (x, on, off)])
            for x, size in ((1, on), (0, off))
            if size
        )

    assert mean((), []) == pytest.approx(1.0, rel=1e-9)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 3))
def test_ties_make_the_evidence_conservative(on: int, off: int, tied: int, before: int):
    """Tied events are drawn without replacement; Breslow's factor assumes replacement."""
    tied = min(tied, on + off)
    past = [(1, on + 1, off + 1)] * before  # Evidence from earlier days.
    mean = 0.0
    for treated in range(max(0, tied - off), min(on, tied) + 1):
        probability = comb(on, treated) * comb(off, tied - treated) / comb(on + off, tied)
        tied_events = [(1, on, off)] * treated + [(0, on, off)] * (tied - treated)
        mean += probability * e_of(past + tied_events)

    assert mean <= e_of(past) * (1 + 1e-12)
    assert tied > 1 or mean == pytest.approx(e_of(past), rel=1e-9)


def comb(n: int, k: int) -> float:
    """Return the number of ways to choose *k* of *n*."""
    return round(exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)))


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.0025])
@pytest.mark.parametrize("share", [0.5, 1 / 3, 2 / 3, 0.1, 0.9])
def test_e_ever_crosses_with_probability_at_most_alpha_at_equal_shares(share: float, alpha: float):
    """Exact probability over 200 events with a look after each (Ville 1939)."""
    assert 0 < crossing_of(np.full(200, share), alpha) <= alpha


@given(st.lists(st.floats(0.02, 0.98), min_size=1, max_size=40))
def test_e_ever_reaches_20_with_probability_at_most_5_percent_for_any_shares(shares: list[float]):
    """The number of treated events is the whole state, as all paths have the same shares."""
    assert crossing_of(np.array(shares), 0.05) <= 0.05


def crossing_of(shares: np.ndarray, alpha: float) -> float:
    """Return the null probability that E, with a look after each event, reaches 1 / *alpha*."""
    open_mass, crossed = np.array([1.0]), 0.0
    for count, share in enumerate(shares, start=1):
        open_mass = np.append(open_mass * (1 - share), 0.0) + np.append(0.0, open_mass * share)
        for treated in np.flatnonzero(open_mass):
            sets = PartialLikelihood(treated=int(treated), events=count, shares=shares[:count])
            if log_e(sets.log_likelihood) >= log(1 / alpha):
                crossed += open_mass[treated]
                open_mass[treated] = 0.0
    return crossed


@pytest.mark.parametrize("alpha", [0.05, 0.015, 0.0025])
def test_a_reference_watch_crosses_with_probability_at_most_alpha(alpha: float):
    """E rises only at events, so event n crosses exactly if it comes early enough.

    The probability is computed in continuous time for up to 30 events, from the latest time at
    which each of them still crosses.
    """
    latest = [0.0, *(latest_crossing(count, alpha) for count in range(1, 31))]
    open_mass = np.zeros(31)
    open_mass[0] = 1.0
    for count in range(1, 31):
        step = latest[count] - latest[count - 1]
        if step > 0:
            event_counts = np.arange(31)
            arrivals = np.exp(event_counts * log(step) - step - gammaln(event_counts + 1))
            open_mass = np.convolve(open_mass, arrivals)[:31]
        open_mass[count:] = 0.0  # Paths with this many events by now have crossed.

    assert latest == sorted(latest)
    assert 0 < 1 - open_mass.sum() <= alpha


def latest_crossing(count: int, alpha: float) -> float:
    """Return the most events that may be expected when event *count* still crosses; else 0."""

    def gap(expected: float) -> float:
        return log_e(KnownRate(count, expected).log_likelihood) - log(1 / alpha)

    return brentq(gap, 1e-9, 60.0) if gap(1e-9) > 0 else 0.0


@pytest.mark.parametrize("expected", [0.05, 0.5, 3.0])
def test_the_mean_of_e_against_a_known_rate_is_1(expected: float):
    """The counts are Poisson at the reference rate."""
    n = np.arange(400)
    log_probabilities = n * log(expected) - expected - gammaln(n + 1)
    log_e_values = [log_e(KnownRate(int(k), expected).log_likelihood) for k in n]

    # In logarithms, as the probability of a large count underflows and its E overflows.
    assert np.exp(log_probabilities + log_e_values).sum() == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(("history", "ratio"), [(1, 0.05), (5, 0.3), (20, 1.5)])
def test_the_mean_of_e_against_an_estimated_rate_is_1(history: int, ratio: float):
    """The counts are negative binomial, if the history runs until *history* events are seen."""
    n = np.arange(6000)
    share = ratio / (1 + ratio)
    log_ways = gammaln(n + history) - gammaln(n + 1) - gammaln(history)
    log_probabilities = log_ways + n * log(share) + history * log(1 - share)
    log_e_values = [log_e(EstimatedRate(int(k), history, ratio).log_likelihood) for k in n]

    assert np.exp(log_probabilities + log_e_values).sum() == pytest.approx(1.0, rel=1e-9)
