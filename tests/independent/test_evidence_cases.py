"""Hold the evidence of the product to cases that were worked out without it."""

from __future__ import annotations

import json
from functools import cache
from math import exp, inf, log
from typing import Any

import numpy as np
import pytest

from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.confidence_sequence import confidence_sequence
from monitor.stats.e_value import LogLikelihood, log_e
from monitor.stats.reference import EstimatedRate, KnownRate
from tests.independent.risk_sets import risk_sets_of
from tests.paths import shared

Case = dict[str, Any]

CASES_BY_METHOD = {
    "e_process_default": ["ep-6of6-equal", "ep-proderm-like", "ep-ole-inert"],
    "e_process_operating": ["ep-size-N50"],
    "rate_ratio_confidence_sequence": ["rrcs-12of14", "rrcs-7of7"],
    "e_process_historical_control": ["ehist-6-t.05-c20", "ehist-0-t.2"],
    "e_process_background_rate": ["ebg-6-1.018", "ebg-0-2"],
    "safe_logrank_exact": ["safelogrank-doc"],
}
"""The public cases of each method."""

PATIENTS_MAX = 200
"""Every published share at risk is that of a risk set of at most so many."""


@cache
def published_cases() -> dict[str, Case]:
    """The public cases by name."""
    return {case["id"]: case for case in json.loads(shared("cases", "statistics.json").read_text())}


def published_case(name: str, method: str) -> Case:
    """One public case, which must be of *method*."""
    found = published_cases()[name]
    assert found["method"] == method
    return found


def test_no_public_case_of_the_evidence_is_left_out():
    """A case that is added must be met here; those of study time are in a file of their own."""
    found: dict[str, list[str]] = {method: [] for method in CASES_BY_METHOD}
    for name, one in published_cases().items():
        if one["method"] in CASES_BY_METHOD:
            found[one["method"]].append(name)

    assert found == CASES_BY_METHOD


def risk_sets_of_case(given: Case, count: int | None = None) -> PartialLikelihood:
    """The first *count* events of a case, each with a risk set in which the treated have a share.

    Through the product's own door, which leaves out risk sets with an empty arm.
    """
    shares = given["p_treatment_at_risk"][:count]
    sizes = [patients_of(share) for share in shares]
    events = given["x_in_treatment"][:count]
    return risk_sets_of([(x, *size) for x, size in zip(events, sizes, strict=True)])


def patients_of(share: float) -> tuple[int, int]:
    """The smallest risk set, on treatment and on control, of which the treated are *share*."""
    for total in range(1, PATIENTS_MAX):
        if abs(share * total - round(share * total)) < 1e-9:
            return round(share * total), total - round(share * total)
    raise AssertionError(f"{share} is not the share of a risk set of {PATIENTS_MAX}")


@pytest.mark.parametrize("name", CASES_BY_METHOD["e_process_default"])
def test_evidence_from_shares_at_risk(name: str):
    """Log E at the end and at its highest; an event with one arm empty moves nothing."""
    found = published_case(name, "e_process_default")
    given, tolerance = found["inputs"], found["tolerance"]["abs"]

    path = [
        log_e(risk_sets_of_case(given, count).log_likelihood)
        for count in range(1, len(given["x_in_treatment"]) + 1)
    ]

    assert path[-1] == pytest.approx(found["expected"]["log_E_final"], rel=0, abs=tolerance)
    assert max(path) == pytest.approx(found["expected"]["log_E_max"], rel=0, abs=tolerance)


def test_six_of_six_is_the_first_run_of_events_that_reaches_20():
    """Five treated events of five at equal arms are not enough; the sixth is."""
    given = published_case("ep-6of6-equal", "e_process_default")["inputs"]
    path = [exp(log_e(risk_sets_of_case(given, count).log_likelihood)) for count in range(1, 7)]

    assert [e >= 20 for e in path] == [False, False, False, False, False, True]


def test_size_and_first_boundary_of_the_default_process():
    """Fifty events at equal arms: the chance that E ever reaches 20, by exact dynamic programming.

    The state is the number of treated events among those so far; what has crossed is taken out.
    """
    found = published_case("ep-size-N50", "e_process_operating")
    given, expected = found["inputs"], found["expected"]
    p, level = given["p0"], log(1 / given["alpha"])
    alive, crossed, first = {0: 1.0}, 0.0, 0
    for count in range(1, given["N"] + 1):
        after: dict[int, float] = {}
        for treated, mass in alive.items():
            after[treated] = after.get(treated, 0.0) + mass * (1 - p)
            after[treated + 1] = after.get(treated + 1, 0.0) + mass * p
        over = {x for x in after if log_e(equal_risk_sets(x, count, p).log_likelihood) >= level}
        crossed += sum(after.pop(x) for x in over)
        first = first or (count if over else 0)
        alive = after

    assert crossed == pytest.approx(expected["type_I_error"], rel=0, abs=found["tolerance"]["abs"])
    assert crossed <= given["alpha"]
    assert first == expected["first_boundary"]


def equal_risk_sets(treated: int, events: int, share: float) -> PartialLikelihood:
    """*events* events, each with the same treated *share* at risk."""
    return PartialLikelihood(treated=treated, events=events, shares=np.full(events, share))


@pytest.mark.parametrize("name", CASES_BY_METHOD["rate_ratio_confidence_sequence"])
def test_the_confidence_sequence_of_a_rate_ratio(name: str):
    """Both limits; the upper is infinite where the likelihood never falls."""
    found = published_case(name, "rate_ratio_confidence_sequence")
    limits = confidence_sequence(
        risk_sets_of_case(found["inputs"]).log_likelihood, found["inputs"]["alpha"]
    )

    for ours, theirs in zip(limits, found["expected"], strict=True):
        printed = float(theirs)
        near = pytest.approx(printed, rel=found["tolerance"]["rel"], abs=0)
        assert ours == (inf if printed == inf else near)


@pytest.mark.parametrize("name", CASES_BY_METHOD["e_process_historical_control"])
def test_evidence_against_a_historical_control(name: str):
    """Log E of first events against a rate estimated from history."""
    found = published_case(name, "e_process_historical_control")
    given = found["inputs"]
    rate = EstimatedRate(
        events=given["events"],
        historical_events=given["historical_events"],
        time_ratio=given["person_time_ratio"],
    )

    assert_log_e(rate.log_likelihood, found)


@pytest.mark.parametrize("name", CASES_BY_METHOD["e_process_background_rate"])
def test_evidence_against_a_background_rate(name: str):
    """Log E of first events against the number that a known rate expects."""
    found = published_case(name, "e_process_background_rate")
    given = found["inputs"]

    assert_log_e(
        KnownRate(events=given["events"], expected=given["expected"]).log_likelihood, found
    )


def assert_log_e(likelihood: LogLikelihood, found: Case) -> None:
    """Hold log E of *likelihood* to the printed value."""
    tolerance = found["tolerance"]["abs"]
    assert log_e(likelihood) == pytest.approx(found["expected"], rel=0, abs=tolerance)


def test_the_safe_logrank_test_of_another_project_at_one_rate_ratio():
    """The package safestats tests one theta, its inverse, and both in equal parts."""
    found = published_case("safelogrank-doc", "safe_logrank_exact")
    given, expected = found["inputs"], found["expected"]
    columns = ("events_treatment", "at_risk_treatment", "at_risk_control", "events_control")
    rows = list(zip(*(given[name] for name in columns), strict=True))
    assert [x + control for x, *_, control in rows] == [1] * len(rows)

    sets = risk_sets_of([(x, on, off) for x, on, off, _ in rows])
    theta = log(given["theta"])
    less, greater = np.exp(sets.log_likelihood(np.array([theta, -theta])))

    printed = [expected[name] for name in ("e_less", "e_greater", "e_two_sided")]
    near = pytest.approx(printed, rel=0, abs=found["tolerance"]["abs"])
    assert [less, greater, (less + greater) / 2] == near
