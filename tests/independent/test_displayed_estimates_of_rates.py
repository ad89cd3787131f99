"""Compares rates and their ratio with SciPy's distributions and checks their properties."""

from __future__ import annotations

from itertools import product
from math import inf, isfinite
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from monitor.stats.garwood import garwood
from monitor.stats.rate_log_normal import rate_log_normal
from monitor.stats.rate_ratio import rate_ratio, rate_ratio_test
from monitor.stats.rate_ratio_minlike import rate_ratio_minlike_p
from monitor.stats.rate_score import rate_score

METHODS = [garwood, rate_score, rate_log_normal]
TIMES = [(50.0, 50.0), (17877, 16660), (10.5, 1000.0)]

events = st.integers(0, 60)
times = st.floats(0.1, 1e5)
confidences = st.floats(0.01, 0.999)


def arms(x1: int, t1: float, x2: int, t2: float) -> dict[str, Any]:
    """Return the arguments of a rate ratio: treatment, then control."""
    return {"events": x1, "person_time": t1, "control_events": x2, "control_person_time": t2}


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_each_garwood_limit_has_half_of_the_excluded_probability_in_its_tail(confidence: float):
    """At either limit, the Poisson tail beyond the count is half of 1 - confidence."""
    outside = (1 - confidence) / 2
    for count in [*range(40), 1000]:
        _, low, high = garwood(count, 7.5, confidence=confidence)

        assert stats.poisson.cdf(count, high * 7.5) == pytest.approx(outside, rel=1e-9)
        if count:
            assert stats.poisson.sf(count - 1, low * 7.5) == pytest.approx(outside, rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
@given(count=events, time=times, confidence=confidences)
def test_a_rate_lies_between_its_limits(method, count: int, time: float, confidence: float):
    """The limits are ordered and finite, and the upper one is above zero even without events."""
    value, low, high = method(count, time, confidence=confidence)

    assert 0.0 <= low <= value <= high < inf
    assert low < high
    assert value == count / time


@pytest.mark.parametrize(("t1", "t2"), TIMES)
def test_the_rate_ratio_agrees_with_scipys_binomial_test(t1: float, t2: float):
    """Limits and p-values of every small table equal those of SciPy's binomial test."""
    for x1, x2 in product(range(13), repeat=2):
        if not x1 + x2:
            continue
        ours = arms(x1, t1, x2, t2)
        share = t1 / (t1 + t2)
        theirs = stats.binomtest(x1, x1 + x2, share)
        limits = theirs.proportion_ci(method="exact")

        _, low, high = rate_ratio(**ours)
        test = rate_ratio_test(**ours)

        assert low == pytest.approx(limits.low / (1 - limits.low) * t2 / t1, rel=1e-9)
        if x2:
            assert high == pytest.approx(limits.high / (1 - limits.high) * t2 / t1, rel=1e-9)
        assert rate_ratio_minlike_p(**ours) == pytest.approx(theirs.pvalue, rel=1e-10)
        assert test.greater == pytest.approx(stats.binom.sf(x1 - 1, x1 + x2, share), rel=1e-10)
        assert test.less == pytest.approx(stats.binom.cdf(x1, x1 + x2, share), rel=1e-10)


@given(x1=events, x2=events, t1=times, t2=times, share=st.floats(0.5, 0.99), mid_p=st.booleans())
def test_the_p_value_at_each_limit_is_the_excluded_tail(x1, x2, t1, t2, share, mid_p):
    """Interval and p-value agree, for the exact and the mid-p method."""
    ours = arms(x1, t1, x2, t2)
    value, low, high = rate_ratio(**ours, confidence=share, mid_p=mid_p)
    at_low, at_high = (
        rate_ratio_test(**ours, null_ratio=limit, mid_p=mid_p) if 0 < limit < inf else None
        for limit in (low, high)
    )

    assert (at_low is None, at_high is None) == (x1 == 0, x2 == 0)
    assert at_low is None or at_low.greater == pytest.approx((1 - share) / 2, rel=1e-6)
    assert at_high is None or at_high.less == pytest.approx((1 - share) / 2, rel=1e-6)
    # Below a confidence of 0.5, mid-p limits approach a median and may exclude the estimate.
    assert (value is None) == (x1 + x2 == 0)
    assert value is None or low <= value <= high


@given(x1=events, x2=events, t1=times, t2=times, confidence=confidences, mid_p=st.booleans())
def test_the_interval_excludes_1_exactly_when_the_p_value_is_small(
    x1, x2, t1, t2, confidence, mid_p
):
    """A page never shows "p = 0.03" beside limits that include 1, nor the reverse."""
    ours = arms(x1, t1, x2, t2)
    _, low, high = rate_ratio(**ours, confidence=confidence, mid_p=mid_p)
    p = rate_ratio_test(**ours, mid_p=mid_p).two_sided

    if abs(p - (1 - confidence)) > 1e-9:
        assert (low <= 1.0 <= high) == (p > 1 - confidence)


@given(x1=events, x2=events, t1=times, t2=times, mid_p=st.booleans())
def test_exchanging_the_arms_inverts_the_rate_ratio(x1, x2, t1, t2, mid_p):
    """Which arm is called treatment is a convention."""
    ours, theirs = arms(x1, t1, x2, t2), arms(x2, t2, x1, t1)
    (_, low, high), (_, low_swapped, high_swapped) = (
        rate_ratio(**each, mid_p=mid_p) for each in (ours, theirs)
    )
    test, swapped = (rate_ratio_test(**each, mid_p=mid_p) for each in (ours, theirs))

    assert low == pytest.approx(1 / high_swapped if high_swapped else inf, rel=1e-9)
    assert high == pytest.approx(1 / low_swapped if low_swapped else inf, rel=1e-9)
    assert tuple(test) == pytest.approx(
        (swapped.two_sided, swapped.less, swapped.greater), rel=1e-9
    )
    assert rate_ratio_minlike_p(**ours) == pytest.approx(rate_ratio_minlike_p(**theirs), rel=1e-9)


def test_mid_p_intervals_are_shorter_than_exact_ones():
    """Mid-p has no coverage guarantee, so it must at least be shorter."""
    for x1, x2 in product(range(15), repeat=2):
        exact, mid = (rate_ratio(**arms(x1, 3.0, x2, 4.0), mid_p=mid_p) for mid_p in (False, True))

        assert exact.low <= mid.low <= mid.high <= exact.high
        assert exact.low < mid.low or not x1
        assert mid.high < exact.high or not x2


def test_a_very_small_p_value_keeps_its_precision():
    """Sixty events against none at equal time has probability 2**-60, not zero."""
    ours = arms(60, 1.0, 0, 1.0)

    assert rate_ratio_test(**ours).greater == pytest.approx(2.0**-60, rel=1e-12)
    assert rate_ratio_test(**arms(0, 1.0, 60, 1.0)).less == pytest.approx(2.0**-60, rel=1e-12)
    assert rate_ratio_test(**ours, mid_p=True).greater == pytest.approx(2.0**-61, rel=1e-12)
    assert rate_ratio_minlike_p(**ours) == pytest.approx(2.0**-59, rel=1e-12)


@pytest.mark.parametrize("mid_p", [False, True])
@pytest.mark.parametrize(("t1", "t2"), [(0, 0), (0, 9.0), (9.0, 0), (9.0, 9.0)])
def test_no_events_give_an_unbounded_interval_and_a_p_value_of_1(t1: float, t2: float, mid_p: bool):
    """Arms without exposure or events are common at the start of a trial."""
    ours = arms(0, t1, 0, t2)

    assert rate_ratio(**ours, mid_p=mid_p) == (None, 0.0, inf)
    assert rate_ratio_test(**ours, mid_p=mid_p).two_sided == 1.0
    assert rate_ratio_minlike_p(**ours) == 1.0
    for method in METHODS:
        assert method(0, 0) == (None, 0.0, inf)


@pytest.mark.parametrize("mid_p", [False, True])
def test_a_ratio_is_infinite_only_without_control_events(mid_p: bool):
    """The ratio is infinite without control events, and zero without treated events."""
    none_on_control = rate_ratio(**arms(5, 9.0, 0, 9.0), mid_p=mid_p)
    none_on_treatment = rate_ratio(**arms(0, 9.0, 5, 9.0), mid_p=mid_p)

    assert (none_on_control.value, none_on_control.high) == (inf, inf)
    assert none_on_control.low > 0.0
    assert (none_on_treatment.value, none_on_treatment.low) == (0.0, 0.0)
    assert isfinite(none_on_treatment.high)


@pytest.mark.parametrize("count", [1, np.int64(1), np.int32(1)])
def test_a_count_may_be_a_numpy_integer(count):
    """A NumPy integer is accepted as a whole number, and the results are plain floats."""
    assert {type(x) for x in garwood(count, 4.0)} == {float}
    assert {type(x) for x in rate_ratio(**arms(count, 4.0, count, 5.0))} == {float}
    assert {type(x) for x in rate_ratio_test(**arms(count, 4.0, count, 5.0))} == {float}


@pytest.mark.parametrize(
    ("count", "time", "remedy"),
    [
        (-1, 1.0, "whole number"),
        (2.5, 1.0, "whole number"),
        (float("nan"), 1.0, "whole number"),
        (1, -1.0, "finite time"),
        (1, inf, "finite time"),
        (1, float("nan"), "finite time"),
        (1, 0.0, "count the days"),
    ],
)
def test_an_invalid_arm_is_refused(count, time, remedy: str):
    """An invalid count or time raises an error that contains a remedy."""
    for method in METHODS:
        with pytest.raises(ValueError, match=remedy):
            method(count, time)
    for method in (rate_ratio, rate_ratio_test, rate_ratio_minlike_p):
        with pytest.raises(ValueError, match=remedy):
            method(**arms(count, time, 1, 1.0))
        with pytest.raises(ValueError, match=remedy):
            method(**arms(1, 1.0, count, time))


@pytest.mark.parametrize("bad", [0.0, -1.0, inf, float("nan")])
def test_an_invalid_confidence_or_null_ratio_is_refused(bad: float):
    """Each of them raises an error that states the valid range."""
    for method in METHODS:
        with pytest.raises(ValueError, match="between 0 and 1"):
            method(1, 1.0, confidence=bad)
    with pytest.raises(ValueError, match="between 0 and 1"):
        rate_ratio(**arms(1, 1.0, 1, 1.0), confidence=bad)
    for method in (rate_ratio_test, rate_ratio_minlike_p):
        with pytest.raises(ValueError, match="finite ratio"):
            method(**arms(1, 1.0, 1, 1.0), null_ratio=bad)
