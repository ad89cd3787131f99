"""Compares the sequential methods with numbers that others published."""

from __future__ import annotations

import pytest

from monitor.stats.sequential.binomial_maxsprt import binomial_maxsprt, binomial_maxsprt_at
from monitor.stats.sequential.poisson_maxsprt_groups import (
    poisson_maxsprt_group_critical_value,
    poisson_maxsprt_group_limits,
)
from monitor.stats.sequential.stopping_rule_person_time import stopping_rule_person_time
from tests.independent import adapters_sequential, adapters_sequential_looks
from tests.independent.adapters_sequential import event_looks
from tests.independent.adapters_sequential_looks import rate_of, times_of
from tests.independent.published import cases_of, matches_printed

ADAPTERS = adapters_sequential.ADAPTERS | adapters_sequential_looks.ADAPTERS


@pytest.mark.parametrize("method", ADAPTERS)
def test_every_published_case_is_reproduced(method: str):
    """Critical values, limits, errors and power are those of papers and of R's packages."""
    results = {name: ADAPTERS[method](case["inputs"]) for name, case in cases_of(method).items()}

    assert results
    for name, case in cases_of(method).items():
        assert matches_printed(results[name], case["expected"], case["tolerance"]), results[name]


@pytest.mark.parametrize("name", cases_of("binomial_maxsprt"))
def test_the_calibrated_binomial_rule_is_that_of_the_published_critical_value(name: str):
    """Critical values between two attainable ratios make the same rule."""
    given = cases_of("binomial_maxsprt")[name]["inputs"]
    looks, z, least = event_looks(given), given["z_controls_per_case"], given["M"]

    published = binomial_maxsprt_at(looks, z, given["cv"], minimum_cases=least)

    calibrated = binomial_maxsprt(looks, z, given["alpha"], minimum_cases=least)
    assert calibrated.limits == published.limits
    assert calibrated.critical_value >= given["cv"]


def test_the_calibrated_group_rule_is_that_of_the_published_critical_value():
    """The five looks of R's documentation, at alpha 0.05."""
    expected = [5.0, 11.0, 17.0, 22.0, 30.0]
    critical = poisson_maxsprt_group_critical_value(expected, 0.05)

    limits = poisson_maxsprt_group_limits(expected, critical)
    assert limits == poisson_maxsprt_group_limits(expected, 2.131834)


@pytest.mark.parametrize("name", cases_of("stopping_rule_person_time"))
def test_a_rule_by_person_time_is_calibrated_over_the_planned_person_time(name: str):
    """R calibrates its constant over the person-time expected under the null, to its tolerance."""
    given = cases_of("stopping_rule_person_time")[name]["inputs"]
    rate = rate_of(given["p0"], given["tau"])
    planned = given["n"] * given["p0"] / rate

    rule = stopping_rule_person_time(times_of(given), rate, planned, given["alpha"])

    assert rule.critical_value == pytest.approx(given["cval"], rel=2e-5)
    assert rule.stop_probability(rate) == pytest.approx(given["alpha"], abs=1e-9)
