"""Checks the exact factor of study days with several first events, and its bounds."""

from __future__ import annotations

from itertools import combinations
from math import comb, exp, fsum, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.curve import LOG_RATIO_GRID
from monitor.stats.decision_limits import decision_limits
from monitor.stats.e_value import LOG_HARM_RATIOS, log_e
from monitor.stats.maximum_likelihood import rate_ratio_mle
from monitor.stats.tied_days import day_terms, log_means, removal_shares
from tests.independent.published import Case, cases_of
from tests.independent.risk_sets import exact_risk_sets, factors
from tests.independent.test_study_time_cases import CONTROL, TREATMENT, follow_up_of

CASES = cases_of("concurrent_exact_ties")
Day = tuple[int, int, int]
"""The subjects at risk on treatment and on control, and the events."""


@st.composite
def tied_days(draw: st.DrawFn) -> Day:
    """Draw a day with two events or more, and both arms at risk."""
    on_treatment, on_control = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    return on_treatment, on_control, draw(st.integers(2, on_treatment + on_control))


def column(day: Day) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return one day as the product takes it."""
    return np.array([[each] for each in day], dtype=np.int64)


def likelihood_of_case(case: Case) -> PartialLikelihood:
    """Return the product's likelihood of a case: of its patients, or of its days."""
    given_days = case["inputs"].get("days_events_treated_atrisk_treated_control")
    if given_days is None:
        follow_up, first = follow_up_of(case)
        return exact_risk_sets(follow_up, first, case["inputs"]["as_of"], TREATMENT, CONTROL)
    treated = sum(m for _, m, _, _ in given_days)
    return PartialLikelihood.from_days(treated, [(on, off, d) for d, _, on, off in given_days])


@pytest.mark.parametrize("name", CASES)
def test_the_evidence_of_each_case_is_the_published_one(name: str):
    """The log-likelihood, log E, the estimate and both limits come from the risk sets."""
    case = CASES[name]
    sets, expected = likelihood_of_case(case), case["expected"]

    for theta, value in expected["log_likelihood_at"]:
        (computed,) = sets.log_likelihood(np.array([log(theta)]))
        assert computed == pytest.approx(value, rel=0, abs=1e-9)
    assert log_e(sets.log_likelihood) == pytest.approx(expected["log_e"], rel=0, abs=1e-9)
    if "mle_rr" in expected:
        estimate = rate_ratio_mle(sets.log_likelihood)
        assert estimate == pytest.approx(expected["mle_rr"], rel=1e-5)
    limits = decision_limits(sets.log_likelihood, case["inputs"]["level"])
    published = [float(expected["lower_limit"]), float(expected["upper_limit"])]
    assert list(limits) == pytest.approx(published, rel=1e-6)


@pytest.mark.parametrize("name", [name for name in CASES if "patients" in CASES[name]["inputs"]])
def test_the_risk_set_of_each_day_is_the_published_one(name: str):
    """Events of one day share one risk set."""
    case = CASES[name]
    follow_up, first = follow_up_of(case)
    rows = case["expected"]["days_day_events_treated_atrisk_treated_control"]
    published = [
        (int(number < treated), on, off)
        for _, events, treated, on, off in rows
        for number in range(events)
    ]

    arguments = (follow_up, first, case["inputs"]["as_of"], TREATMENT, CONTROL)

    assert factors(*arguments) == sorted(published)


def log_mean(day: Day, theta: float) -> float:
    """Return log Z in whole numbers, by the definition."""
    on, off, events = day
    ways = (
        comb(on, k) * comb(off, events - k) * theta**k
        for k in range(max(0, events - off), min(events, on) + 1)
    )
    return log(fsum(ways)) - log(comb(on + off, events))


@given(tied_days(), st.sampled_from((0.05, 0.5, 1.25, 3.0, 20.0)))
def test_log_z_is_between_its_bounds(day: Day, theta: float):
    """Tangent and removal are at most log Z and Hoeffding at least, where theta is above 1.

    Neither of the two is always the sharper one.
    """
    on, off, events = day
    share = on / (on + off)
    (computed,) = log_means(column(day), np.array([log(theta)]))
    assert computed == pytest.approx(log_mean(day, theta), rel=1e-9, abs=1e-9)
    if theta < 1:
        return
    left = [max(0, on - j) / (on + off - j) for j in range(events)]
    removal = sum(log(1 + each * (theta - 1)) for each in left)
    hoeffding = events * log(1 + share * (theta - 1))

    assert max(removal, events * share * log(theta)) <= computed + 1e-9
    assert computed <= hoeffding + 1e-9


@given(tied_days())
def test_the_summary_of_removal_shares_understates_them(day: Day):
    """Extremes hold all shares, and their sum is at most the true one."""
    on, off, events = day
    left = [max(0, on - j) / (on + off - j) for j in range(events)]
    summary = removal_shares(column(day))

    assert summary.low <= min(left) + 1e-12
    assert summary.high >= max(left) - 1e-12
    assert summary.total <= sum(left) + 1e-9


@given(st.lists(tied_days(), max_size=5), st.lists(st.floats(0.01, 0.99), max_size=5), st.data())
def test_the_bound_is_never_below_the_evidence(
    days: list[Day], shares: list[float], data: st.DataObject
):
    """Whatever is treated, with days of one event and of several."""
    rows = np.array(days, dtype=np.int64).reshape(-1, 3).T
    fewest = sum(max(0, events - off) for _, off, events in days)
    most = sum(min(events, on) for on, _, events in days) + len(shares)
    treated = data.draw(st.integers(fewest, most))
    sets = PartialLikelihood(treated, len(shares) + int(rows[2].sum()), shares, rows)

    assert sets.log_e_bound() >= log_e(sets.log_likelihood) - 1e-9
    assert sets.curve() == pytest.approx(sets.log_likelihood(LOG_RATIO_GRID), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("on", [1, 2, 4])
@pytest.mark.parametrize("off", [1, 3, 4])
def test_the_factor_has_mean_1_over_all_choices_of_subjects(on: int, off: int):
    """Each choice of as many subjects at risk is equally likely under the null."""
    for events in range(1, on + off + 1):
        for theta in (0.2, 1.25, 20.0):
            sets = PartialLikelihood.from_days(0, [(on, off, events)])
            log_z = -float(sets.log_likelihood(np.array([log(theta)]))[0])
            chosen = list(combinations(range(on + off), events))
            values = [theta ** sum(each < on for each in who) / exp(log_z) for who in chosen]

            assert fsum(values) / len(chosen) == pytest.approx(1.0, rel=1e-12)


def test_a_day_of_many_events_is_summed_near_its_largest_term():
    """Terms far from the largest are below any rounding, at every ratio of the mixture."""
    terms = day_terms(40_000, 60_000, 3_000)
    whole = [np.logaddexp.reduce(terms.log_weights + terms.counts * b) for b in LOG_HARM_RATIOS]

    computed = log_means(np.array([[40_000], [60_000], [3_000]]), LOG_HARM_RATIOS)

    assert computed == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize(
    "days",
    [[(0, 3, 2)], [(3, 0, 2)], [(2, 2, 5)], [(2, 2, -1)]],
    ids=["no treated", "no control", "more events than subjects", "fewer than none"],
)
def test_a_day_that_cannot_be_is_refused(days: list[Day]):
    """The message says what a tied day has."""
    with pytest.raises(ValueError, match=r"tied day|treated of"):
        PartialLikelihood(0, 2, [], np.array(days, dtype=np.int64).T)
