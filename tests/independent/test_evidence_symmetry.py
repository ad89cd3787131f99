"""Checks that the evidence depends neither on the names of the arms nor on the order of events."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.confidence_sequence import confidence_sequence
from monitor.stats.e_value import LOG_HARM_RATIOS, LOG_TWO_SIDED_RATIOS, log_e
from monitor.stats.maximum_likelihood import rate_ratio_mle
from monitor.stats.posterior import posterior
from tests.independent.risk_sets import risk_sets_of

events = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 30), st.integers(1, 30)), max_size=25)


def e_of(history: list[tuple[int, int, int]]) -> float:
    """Return E after these events."""
    return exp(log_e(risk_sets_of(history).log_likelihood))


@given(events)
def test_exchanging_the_arms_mirrors_the_likelihood(history: list[tuple[int, int, int]]):
    """Which arm is called treatment is a convention: l(theta) becomes l(1 / theta)."""
    exchanged = risk_sets_of([(1 - x, off, on) for x, on, off in history])
    points = np.concatenate((LOG_HARM_RATIOS, LOG_TWO_SIDED_RATIOS))

    original, mirrored = (
        risk_sets_of(history).log_likelihood(points),
        exchanged.log_likelihood(-points),
    )

    assert original == pytest.approx(mirrored, rel=1e-9, abs=1e-9)


@given(events.filter(lambda history: 0 < sum(x for x, *_ in history) < len(history)))
def test_exchanging_the_arms_inverts_the_estimates(history: list[tuple[int, int, int]]):
    """The estimate, its limits and the posterior follow the likelihood."""
    ours = risk_sets_of(history).log_likelihood
    theirs = risk_sets_of([(1 - x, off, on) for x, on, off in history]).log_likelihood
    low, high = confidence_sequence(ours, 0.05)

    assert rate_ratio_mle(theirs) == pytest.approx(1 / rate_ratio_mle(ours), rel=1e-4)
    assert confidence_sequence(theirs, 0.05) == pytest.approx(
        (1 / high, 1 / low if low else np.inf), rel=1e-6
    )
    assert posterior(theirs).above_1 == pytest.approx(1 - posterior(ours).above_1, abs=2e-6)


@given(st.data())
def test_the_order_of_the_events_does_not_matter(data: st.DataObject):
    """E is a function of the risk sets and not of the order in which they become known."""
    history = data.draw(events)
    reordered = data.draw(st.permutations(history))

    assert e_of(reordered) == pytest.approx(e_of(history), rel=1e-9)
