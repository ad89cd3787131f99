"""Compares the product's evidence with published cases that were computed without it."""

from __future__ import annotations

from math import exp, inf, log

import numpy as np
import pytest

from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.confidence_sequence import confidence_sequence
from monitor.stats.e_value import LogLikelihood, log_e
from monitor.stats.reference import EstimatedRate, KnownRate
from tests.independent.published import Case, published_cases
from tests.independent.risk_sets import risk_sets_of

CASES_BY_METHOD = {
    "e_process_default": ["ep-6of6-equal", "ep-proderm-like", "ep-ole-inert"],
    "e_process_operating": ["ep-size-N50"],
    "rate_ratio_confidence_sequence": ["rrcs-12of14", "rrcs-7of7"],
    "e_process_historical_control": ["ehist-6-t.05-c20", "ehist-0-t.2"],
    "e_process_background_rate": ["ebg-6-1.018", "ebg-0-2"],
    "safe_logrank_exact": ["safelogrank-doc"],
}
"""The published cases of each method."""

PATIENTS_MAX = 200
"""Every published share at risk occurs in a risk set of fewer patients than this."""


def published_case(name: str, method: str) -> Case:
    """Return one published case, which must be of *method*."""
    case = published_cases()[name]
    assert case["method"] == method
    return case


def test_every_published_case_of_the_evidence_is_tested():
    """A new case must be listed here; those of study time have a file of their own."""
    names_by_method: dict[str, list[str]] = {method: [] for method in CASES_BY_METHOD}
    for name, case in published_cases().items():
        if case["method"] in CASES_BY_METHOD:
            names_by_method[case["method"]].append(name)

    assert names_by_method == CASES_BY_METHOD


def risk_sets_of_case(given: Case, count: int | None = None) -> PartialLikelihood:
    """Return risk sets of the first *count* events, with the published treated shares.

    They are built by the product, which leaves out risk sets with an empty arm.
    """
    shares = given["p_treatment_at_risk"][:count]
    sizes = [patients_of(share) for share in shares]
    events = given["x_in_treatment"][:count]
    return risk_sets_of([(x, *size) for x, size in zip(events, sizes, strict=True)])


def patients_of(share: float) -> tuple[int, int]:
    """Return the smallest numbers at risk, treated and control, with this treated *share*."""
    for total in range(1, PATIENTS_MAX):
        if abs(share * total - round(share * total)) < 1e-9:
            return round(share * total), total - round(share * total)
    raise AssertionError(f"{share} is not the share of a risk set of {PATIENTS_MAX}")


@pytest.mark.parametrize("name", CASES_BY_METHOD["e_process_default"])
def test_evidence_from_shares_at_risk(name: str):
    """Log E is as published at the end and at its maximum."""
    case = published_case(name, "e_process_default")
    given, tolerance = case["inputs"], case["tolerance"]["abs"]

    path = [
        log_e(risk_sets_of_case(given, count).log_likelihood)
        for count in range(1, len(given["x_in_treatment"]) + 1)
    ]

    assert path[-1] == pytest.approx(case["expected"]["log_E_final"], rel=0, abs=tolerance)
    assert max(path) == pytest.approx(case["expected"]["log_E_max"], rel=0, abs=tolerance)


def test_at_equal_arms_e_reaches_20_at_the_sixth_treated_event():
    """Five treated events of five at equal arms are not enough; the sixth is."""
    given = published_case("ep-6of6-equal", "e_process_default")["inputs"]
    path = [exp(log_e(risk_sets_of_case(given, count).log_likelihood)) for count in range(1, 7)]

    assert [e >= 20 for e in path] == [False, False, False, False, False, True]


def test_size_and_first_boundary_of_the_default_process():
    """The probability that E reaches 20 within 50 events at equal arms, by dynamic programming.

    The state is the number of treated events; paths that have crossed are removed.
    """
    case = published_case("ep-size-N50", "e_process_operating")
    given, expected = case["inputs"], case["expected"]
    p, level = given["p0"], log(1 / given["alpha"])
    open_mass, crossed, first_boundary = {0: 1.0}, 0.0, 0
    for count in range(1, given["N"] + 1):
        next_mass: dict[int, float] = {}
        for treated, mass in open_mass.items():
            next_mass[treated] = next_mass.get(treated, 0.0) + mass * (1 - p)
            next_mass[treated + 1] = next_mass.get(treated + 1, 0.0) + mass * p
        crossing = {
            x for x in next_mass if log_e(equal_risk_sets(x, count, p).log_likelihood) >= level
        }
        crossed += sum(next_mass.pop(x) for x in crossing)
        first_boundary = first_boundary or (count if crossing else 0)
        open_mass = next_mass

    assert crossed == pytest.approx(expected["type_I_error"], rel=0, abs=case["tolerance"]["abs"])
    assert crossed <= given["alpha"]
    assert first_boundary == expected["first_boundary"]


def equal_risk_sets(treated: int, events: int, share: float) -> PartialLikelihood:
    """Return *events* risk sets with the same treated *share*."""
    return PartialLikelihood(treated=treated, events=events, shares=np.full(events, share))


@pytest.mark.parametrize("name", CASES_BY_METHOD["rate_ratio_confidence_sequence"])
def test_the_confidence_sequence_of_a_rate_ratio(name: str):
    """Both limits are as published; the upper is infinite if the likelihood never falls."""
    case = published_case(name, "rate_ratio_confidence_sequence")
    limits = confidence_sequence(
        risk_sets_of_case(case["inputs"]).log_likelihood, case["inputs"]["alpha"]
    )

    for limit, text in zip(limits, case["expected"], strict=True):
        published = float(text)
        near = pytest.approx(published, rel=case["tolerance"]["rel"], abs=0)
        assert limit == (inf if published == inf else near)


@pytest.mark.parametrize("name", CASES_BY_METHOD["e_process_historical_control"])
def test_evidence_against_a_historical_control(name: str):
    """Log E of first events against a rate estimated from historical events."""
    case = published_case(name, "e_process_historical_control")
    given = case["inputs"]
    rate = EstimatedRate(
        events=given["events"],
        historical_events=given["historical_events"],
        time_ratio=given["person_time_ratio"],
    )

    assert_log_e(rate.log_likelihood, case)


@pytest.mark.parametrize("name", CASES_BY_METHOD["e_process_background_rate"])
def test_evidence_against_a_background_rate(name: str):
    """Log E of first events against the number expected at a known rate."""
    case = published_case(name, "e_process_background_rate")
    given = case["inputs"]

    assert_log_e(KnownRate(events=given["events"], expected=given["expected"]).log_likelihood, case)


def assert_log_e(likelihood: LogLikelihood, case: Case) -> None:
    """Assert that log E of *likelihood* is the published value."""
    tolerance = case["tolerance"]["abs"]
    assert log_e(likelihood) == pytest.approx(case["expected"], rel=0, abs=tolerance)


def test_one_rate_ratio_reproduces_the_safe_logrank_test_of_safestats():
    """The R package safestats tests one theta, its inverse, and both with equal weight."""
    case = published_case("safelogrank-doc", "safe_logrank_exact")
    given, expected = case["inputs"], case["expected"]
    columns = ("events_treatment", "at_risk_treatment", "at_risk_control", "events_control")
    rows = list(zip(*(given[name] for name in columns), strict=True))
    assert [x + control for x, *_, control in rows] == [1] * len(rows)

    sets = risk_sets_of([(x, on, off) for x, on, off, _ in rows])
    theta = log(given["theta"])
    less, greater = np.exp(sets.log_likelihood(np.array([theta, -theta])))

    published = [expected[name] for name in ("e_less", "e_greater", "e_two_sided")]
    near = pytest.approx(published, rel=0, abs=case["tolerance"]["abs"])
    assert [less, greater, (less + greater) / 2] == near
