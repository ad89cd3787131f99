"""Compares proportions of patients and their differences with brute force and SciPy."""

from __future__ import annotations

from itertools import product
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from monitor.stats.clopper_pearson import clopper_pearson
from monitor.stats.fisher import fisher
from monitor.stats.miettinen_nurminen import miettinen_nurminen, miettinen_nurminen_test
from monitor.stats.newcombe import newcombe
from monitor.stats.wilson import wilson

SHARE_INTERVALS = [wilson, clopper_pearson]
DIFFERENCE_INTERVALS = [miettinen_nurminen, newcombe]
SYMMETRIC_METHODS = [*DIFFERENCE_INTERVALS, miettinen_nurminen_test, fisher]

shares = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def arms(x1: int, n1: int, x2: int, n2: int) -> dict[str, Any]:
    """Return the arguments of a risk difference: treatment, then control."""
    return {"events": x1, "patients": n1, "control_events": x2, "control_patients": n2}


def squared_score(table: tuple[int, int, int, int], differences: NDArray[np.float64]):
    """Return the squared score statistic at each of *differences*.

    The restricted risks for its variance come from bisecting the slope of the likelihood.
    """
    x1, n1, x2, n2 = table
    low, high = np.maximum(0.0, -differences), np.minimum(1.0, 1.0 - differences)
    for _ in range(70):
        p2 = (low + high) / 2
        p1 = p2 + differences
        slope = (x1 - n1 * p1) * p2 * (1 - p2) + (x2 - n2 * p2) * p1 * (1 - p1)
        low, high = np.where(slope > 0, p2, low), np.where(slope > 0, high, p2)
    p2, p1 = low, low + differences
    variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
    return (x1 / n1 - x2 / n2 - differences) ** 2 / variance


@pytest.mark.parametrize(("n1", "n2"), [(20, 20), (7, 23), (1, 1), (1, 30)])
def test_miettinen_nurminen_contains_exactly_the_differences_not_rejected(n1: int, n2: int):
    """For every table, each of 1,000 differences is inside exactly if the test accepts it."""
    scan = np.linspace(-1.0, 1.0, 1001)[:-1] + 0.000937
    critical = stats.norm.ppf(0.975) ** 2
    for x1, x2 in product(range(n1 + 1), range(n2 + 1)):
        _, low, high = miettinen_nurminen(**arms(x1, n1, x2, n2))
        inside = squared_score((x1, n1, x2, n2), scan) <= critical

        assert (inside == ((low <= scan) & (scan <= high))).all(), (x1, x2)


def test_miettinen_nurminen_exists_for_every_table_of_twenty():
    """All 441 tables, of which a well-known package fails on 174, give finite ordered limits."""
    for x1, x2 in product(range(21), repeat=2):
        value, low, high = miettinen_nurminen(**arms(x1, 20, x2, 20))

        assert value is not None
        assert value == x1 / 20 - x2 / 20
        assert -1.0 <= low <= value <= high <= 1.0
        assert low < high


@pytest.mark.parametrize("correction", [True, False])
@given(ours=shares, theirs=shares, confidence=st.floats(0.05, 0.999))
def test_the_p_value_at_each_miettinen_nurminen_limit_is_1_minus_confidence(
    correction, ours, theirs, confidence
):
    """Interval and test agree; a limit at the end of the range has no p-value."""
    table = arms(*ours, *theirs)
    _, low, high = miettinen_nurminen(**table, confidence=confidence, correction=correction)
    for limit in (low, high):
        if ours[1] and theirs[1] and -0.9999 < limit < 0.9999 and ours[1] + theirs[1] > 2:
            test = miettinen_nurminen_test(**table, null_difference=limit, correction=correction)
            assert test.two_sided == pytest.approx(1 - confidence, rel=1e-5)


@pytest.mark.parametrize("method", DIFFERENCE_INTERVALS)
@given(ours=shares, theirs=shares, confidence=st.floats(0.01, 0.999))
def test_exchanging_arms_or_outcomes_mirrors_a_difference(method, ours, theirs, confidence):
    """Which arm is called treatment, and which outcome an event, is a convention."""
    (x1, n1), (x2, n2) = ours, theirs
    value, low, high = method(**arms(*ours, *theirs), confidence=confidence)
    arms_exchanged = method(**arms(*theirs, *ours), confidence=confidence)
    outcomes_exchanged = method(**arms(n1 - x1, n1, n2 - x2, n2), confidence=confidence)

    assert (arms_exchanged.low, arms_exchanged.high) == (-high, -low)
    assert (outcomes_exchanged.low, outcomes_exchanged.high) == pytest.approx(
        (-high, -low), abs=1e-7
    )
    assert -1.0 <= low < high <= 1.0
    assert (value is None) == (not n1 or not n2)
    assert value is None or low <= value <= high


def test_the_score_test_of_no_difference_is_the_pooled_z_test():
    """Without a difference the restricted risks equal the pooled risk, in closed form."""
    for x1, x2 in product(range(10), range(14)):
        pooled = (x1 + x2) / 22
        error = (pooled * (1 - pooled) * (1 / 9 + 1 / 13) * 22 / 21) ** 0.5
        test = miettinen_nurminen_test(**arms(x1, 9, x2, 13))
        p = 2 * stats.norm.sf(abs(x1 / 9 - x2 / 13) / error) if error else 1.0

        assert test.two_sided == pytest.approx(p, rel=1e-9)
        assert test.greater + test.less == pytest.approx(1.0)


@pytest.mark.parametrize("method", [miettinen_nurminen, miettinen_nurminen_test])
def test_arms_of_20000_patients_give_finite_results(method):
    """A common term, a rare one and an absent one in a vaccine trial."""
    for x1, x2 in [(0, 0), (0, 1), (3, 0), (800, 900), (20_000, 19_999), (20_000, 0)]:
        assert all(np.isfinite(method(**arms(x1, 20_000, x2, 20_000))))


@pytest.mark.parametrize("method", SHARE_INTERVALS)
@given(arm=shares, confidence=st.floats(0.01, 0.999))
def test_a_proportion_lies_between_its_limits(method, arm: tuple[int, int], confidence: float):
    """Limits are within 0 to 1, reach an end only where the data do, and mirror by outcome."""
    events, patients = arm
    value, low, high = method(events, patients, confidence=confidence)
    outcomes_exchanged = method(patients - events, patients, confidence=confidence)

    assert 0.0 <= low < high <= 1.0
    assert (value is None) == (patients == 0)
    assert value is None or low <= value <= high
    assert (low == 0.0, high == 1.0) == (events == 0, events == patients)
    assert (outcomes_exchanged.low, outcomes_exchanged.high) == pytest.approx(
        (1 - high, 1 - low), abs=1e-15
    )


@pytest.mark.parametrize("correction", [True, False])
@pytest.mark.parametrize(("n1", "n2"), [(0, 0), (0, 9), (9, 0)])
def test_an_empty_arm_gives_the_widest_interval_and_a_p_value_of_1(
    n1: int, n2: int, correction: bool
):
    """Arms without patients are common in the first days of a trial."""
    table = arms(0, n1, 0, n2)

    assert miettinen_nurminen(**table, correction=correction) == (None, -1.0, 1.0)
    assert miettinen_nurminen_test(**table, correction=correction) == (0.0, 1.0, 1.0, 1.0)
    assert newcombe(**table) == (None, -1.0, 1.0)
    assert fisher(**table) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("events", "patients", "remedy"),
    [
        (-1, 5, "whole number"),
        (0, -5, "whole number"),
        (1.5, 5, "whole number"),
        (nan, 5, "whole number"),
        (1, nan, "whole number"),
        (1, inf, "whole number"),
        (6, 5, "count patients"),
    ],
)
def test_an_invalid_arm_is_refused(events, patients, remedy: str):
    """An invalid count raises an error that contains a remedy."""
    for method in SHARE_INTERVALS:
        with pytest.raises(ValueError, match=remedy):
            method(events, patients)
    for method in SYMMETRIC_METHODS:
        with pytest.raises(ValueError, match=remedy):
            method(**arms(events, patients, 1, 5))
        with pytest.raises(ValueError, match=remedy):
            method(**arms(1, 5, events, patients))


@pytest.mark.parametrize("bad", [1.0, -1.0, nan])
def test_an_invalid_confidence_or_null_difference_is_refused(bad: float):
    """Each of them raises an error that states the valid range."""
    for method in DIFFERENCE_INTERVALS:
        with pytest.raises(ValueError, match="between 0 and 1"):
            method(**arms(1, 5, 1, 5), confidence=bad)
    with pytest.raises(ValueError, match="between -1 and 1"):
        miettinen_nurminen_test(**arms(1, 5, 1, 5), null_difference=bad)
