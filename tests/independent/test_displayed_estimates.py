"""Compares the displayed estimates with numbers that others published."""

from __future__ import annotations

import csv
from math import inf

import pytest

from monitor.stats.fisher import fisher
from monitor.stats.garwood import DAYS_IN_100_YEARS, garwood
from monitor.stats.rate_ratio import rate_ratio_test
from monitor.stats.rate_ratio_minlike import rate_ratio_minlike_p
from tests.independent.adapters_estimates import ADAPTERS, rate_arms, risk_arms
from tests.independent.published import cases_of, matches_printed
from tests.paths import shared


@pytest.mark.parametrize("method", ADAPTERS)
def test_every_published_case_is_reproduced(method: str):
    """Each case of the method is reproduced within its published tolerance."""
    method_cases = list(cases_of(method).values())
    results = {case["id"]: ADAPTERS[method](case["inputs"]) for case in method_cases}

    assert method_cases
    assert {
        case["id"]: results[case["id"]]
        for case in method_cases
        if not matches_printed(results[case["id"]], case["expected"], case["tolerance"])
    } == {}


def pilot_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table that was computed from the CDISC pilot without the product."""
    with shared("data", "cdiscpilot01", "expected", name).open(newline="") as file:
        return list(csv.DictReader(file))


def counts(row: dict[str, str], events: str, size: str) -> tuple[int, int]:
    """Return two whole numbers of a row."""
    return int(row[events]), int(row[size])


@pytest.mark.parametrize("level", ["pt", "soc"])
def test_every_p_value_of_the_cdisc_pilot_is_reproduced(level: str):
    """Fisher's and the conditional Poisson p-values of every term; without events p is 1."""
    arms = {
        (row["soc"], row.get("pt"), row["arm"]): row for row in pilot_rows(f"{level}_by_arm.csv")
    }
    rows = pilot_rows(f"{level}_tests_vs_placebo.csv")
    for row in rows:
        dose = row["comparison"].removesuffix(" vs Placebo")
        treated, placebo = (arms[row["soc"], row.get("pt"), arm] for arm in (dose, "Placebo"))
        x1, n1 = counts(treated, "subjects_with_event", "n_subjects")
        x2, n2 = counts(placebo, "subjects_with_event", "n_subjects")
        risks = risk_arms({"x1": x1, "n1": n1, "x2": x2, "n2": n2})
        x1, t1 = counts(treated, "events_distinct", "person_days_in_study")
        x2, t2 = counts(placebo, "events_distinct", "person_days_in_study")
        rates = rate_arms({"x1": x1, "t1": t1, "x2": x2, "t2": t2})

        p_values = {
            "fisher_two_sided_p": fisher(**risks).two_sided,
            "fisher_one_sided_excess_p": fisher(**risks).greater,
            "poisson_cond_two_sided_p": rate_ratio_minlike_p(**rates),
            "poisson_cond_one_sided_excess_p": rate_ratio_test(**rates).greater,
        }

        published = {name: float(row[name] or 1.0) for name in p_values}
        assert p_values == pytest.approx(published, rel=1e-6, abs=1e-8), row
    assert len(rows) > 40


def test_every_rate_of_the_cdisc_pilot_is_reproduced():
    """Events per 100 patient-years with exact limits, including terms without an event."""
    rows = pilot_rows("pt_by_arm.csv")
    for row in rows:
        years = int(row["person_days_in_study"]) / DAYS_IN_100_YEARS

        value, low, high = garwood(int(row["events_distinct"]), years)

        printed = ("events_distinct_per_100py", "rate_ci95_lo", "rate_ci95_hi")
        assert (value, low, high) == pytest.approx([float(row[name]) for name in printed], abs=1e-6)
    assert any(row["events_distinct"] == "0" for row in rows)
    assert inf not in [garwood(0, int(row["person_days_in_study"])).high for row in rows]
