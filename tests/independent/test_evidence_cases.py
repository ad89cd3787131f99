"""Compares the product's evidence with published cases that were computed without it."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest

from tests.independent.adapters_evidence import ADAPTERS, log_e_path
from tests.independent.published import cases_of, matches_printed, published_cases
from tests.independent.risk_sets import risk_sets_of


@pytest.mark.parametrize("method", ADAPTERS)
def test_every_published_case_of_the_evidence_is_reproduced(method: str):
    """Log E, limits and the error of the default process are as published."""
    results = {name: ADAPTERS[method](case["inputs"]) for name, case in cases_of(method).items()}

    assert results
    for name, case in cases_of(method).items():
        assert matches_printed(results[name], case["expected"], case["tolerance"]), results[name]


def test_at_equal_arms_e_reaches_20_at_the_sixth_treated_event():
    """Five treated events of five at equal arms are not enough; the sixth is."""
    path = log_e_path(published_cases()["ep-6of6-equal"]["inputs"])

    assert [exp(value) >= 20 for value in path] == [False, False, False, False, False, True]


def test_the_default_process_crosses_seldom_enough():
    """The error by dynamic programming is at most alpha."""
    (case,) = cases_of("e_process_operating").values()

    assert (
        ADAPTERS["e_process_operating"](case["inputs"])["type_I_error"] <= case["inputs"]["alpha"]
    )


def test_one_rate_ratio_reproduces_the_safe_logrank_test_of_safestats():
    """The R package safestats tests one theta, its inverse, and both with equal weight."""
    case = published_cases()["safelogrank-doc"]
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
