"""Hold the evidence to what is claimed of it: mean at most one, crossings at most as promised."""

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
    """E after these events."""
    return exp(log_e(risk_sets_of(history).log_likelihood))


@given(st.lists(risk_sets, max_size=8))
def test_the_mean_of_e_is_one_whatever_the_risk_sets(sequence: list[RiskSet]):
    """All sequences of arms enumerated: under the null an event is anybody's at risk alike."""
    mean = 0.0
    for arms in product((0, 1), repeat=len(sequence)):
        chance = 1.0
        for x, (on, off) in zip(arms, sequence, strict=True):
            chance *= (on if x else off) / (on + off)
        if chance:
            mean += chance * e_of([(x, *at) for x, at in zip(arms, sequence, strict=True)])

    assert mean == pytest.approx(1.0, rel=1e-9)


@given(st.integers(0, 2**32), st.integers(1, 7))
def test_the_mean_of_e_is_one_where_the_past_decides_who_is_at_risk(seed: int, length: int):
    """Dropout, entry, even the end may hang on what came before."""

    def at_risk(past: tuple[int, ...]) -> RiskSet | None:
        dice = Random(f"{seed}/{past}")
        return None if dice.random() < 0.1 else (dice.randint(1, 9), dice.randint(0, 9))

    def mean(past: tuple[int, ...], history: list[tuple[int, int, int]]) -> float:
        sides = at_risk(past) if len(past) < length else None
        if sides is None:
            return e_of(history)
        on, off = sides
        return sum(
            size / (on + off) * mean((*past, x), [*history, (x, on, off)])
            for x, size in ((1, on), (0, off))
            if size
        )

    assert mean((), []) == pytest.approx(1.0, rel=1e-9)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 3))
def test_ties_err_to_the_safe_side(on: int, off: int, tied: int, before: int):
    """Several events of one study day: patients fail without replacement, Breslow says with."""
    tied = min(tied, on + off)
    past = [(1, on + 1, off + 1)] * before  # Evidence that was there already.
    mean = 0.0
    for treated in range(max(0, tied - off), min(on, tied) + 1):
        chance = comb(on, treated) * comb(off, tied - treated) / comb(on + off, tied)
        day = [(1, on, off)] * treated + [(0, on, off)] * (tied - treated)
        mean += chance * e_of(past + day)

    assert mean <= e_of(past) * (1 + 1e-12)
    assert tied > 1 or mean == pytest.approx(e_of(past), rel=1e-9)


def comb(n: int, k: int) -> float:
    """Ways to choose *k* of *n*."""
    return round(exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)))


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.0025])
@pytest.mark.parametrize("share", [0.5, 1 / 3, 2 / 3, 0.1, 0.9])
def test_e_reaches_its_level_with_at_most_its_promise_at_equal_shares(share: float, alpha: float):
    """Two hundred events, a look after each: exact chance of ever crossing (Ville 1939)."""
    assert 0 < crossing_of(np.full(200, share), alpha) <= alpha


@given(st.lists(st.floats(0.02, 0.98), min_size=1, max_size=40))
def test_e_reaches_20_with_at_most_5_percent_for_any_shares(shares: list[float]):
    """The state is the number of treated events: the shares so far are the same on every path."""
    assert crossing_of(np.array(shares), 0.05) <= 0.05


def crossing_of(shares: np.ndarray, alpha: float) -> float:
    """The chance under the null that E, looked at after each event, ever reaches 1 / alpha."""
    alive, crossed = np.array([1.0]), 0.0
    for count, share in enumerate(shares, start=1):
        alive = np.append(alive * (1 - share), 0.0) + np.append(0.0, alive * share)
        for treated in np.flatnonzero(alive):
            sets = PartialLikelihood(treated=int(treated), events=count, shares=shares[:count])
            if log_e(sets.log_likelihood) >= log(1 / alpha):
                crossed += alive[treated]
                alive[treated] = 0.0
    return crossed


@pytest.mark.parametrize("alpha", [0.05, 0.015, 0.0025])
def test_a_reference_watch_crosses_with_at_most_its_promise(alpha: float):
    """In continuous time: E rises only at events, so event n crosses if it comes early enough.

    Up to 30 events, by a walk over the latest times at which each of them would still cross.
    """
    latest = [0.0, *(latest_crossing(count, alpha) for count in range(1, 31))]
    alive = np.zeros(31)
    alive[0] = 1.0
    for count in range(1, 31):
        step = latest[count] - latest[count - 1]
        if step > 0:
            numbers = np.arange(31)
            arrivals = np.exp(numbers * log(step) - step - gammaln(numbers + 1))
            alive = np.convolve(alive, arrivals)[:31]
        alive[count:] = 0.0  # With as many events by now, the last of them has crossed.

    assert latest == sorted(latest)
    assert 0 < 1 - alive.sum() <= alpha


def latest_crossing(count: int, alpha: float) -> float:
    """The most events that may be expected by event *count* if it is still to cross; 0 if none."""

    def gap(expected: float) -> float:
        return log_e(KnownRate(count, expected).log_likelihood) - log(1 / alpha)

    return brentq(gap, 1e-9, 60.0) if gap(1e-9) > 0 else 0.0


@pytest.mark.parametrize("expected", [0.05, 0.5, 3.0])
def test_the_mean_of_e_against_a_known_rate_is_one(expected: float):
    """Poisson counts at the reference rate."""
    n = np.arange(400)
    chances = n * log(expected) - expected - gammaln(n + 1)
    logs = [log_e(KnownRate(int(k), expected).log_likelihood) for k in n]

    # In logarithms: a count of 399 is next to impossible, and its E is next to infinite.
    assert np.exp(chances + logs).sum() == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(("history", "ratio"), [(1, 0.05), (5, 0.3), (20, 1.5)])
def test_the_mean_of_e_against_an_estimated_rate_is_one(history: int, ratio: float):
    """Negative binomial counts: the historical person-time ran until *history* events were seen."""
    n = np.arange(6000)
    share = ratio / (1 + ratio)
    ways = gammaln(n + history) - gammaln(n + 1) - gammaln(history)
    chances = ways + n * log(share) + history * log(1 - share)
    logs = [log_e(EstimatedRate(int(k), history, ratio).log_likelihood) for k in n]

    assert np.exp(chances + logs).sum() == pytest.approx(1.0, rel=1e-9)
