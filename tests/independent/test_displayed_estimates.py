"""Compares the displayed estimates with numbers that others published."""

from __future__ import annotations

import csv
from collections.abc import Callable
from math import inf, isclose
from typing import Any

import pytest

from monitor.stats.clopper_pearson import clopper_pearson
from monitor.stats.e_bh import e_bh
from monitor.stats.fisher import fisher
from monitor.stats.garwood import DAYS_IN_100_YEARS, garwood
from monitor.stats.miettinen_nurminen import miettinen_nurminen, miettinen_nurminen_test
from monitor.stats.newcombe import newcombe
from monitor.stats.rate_log_normal import rate_log_normal
from monitor.stats.rate_ratio import rate_ratio, rate_ratio_test
from monitor.stats.rate_ratio_minlike import rate_ratio_minlike_p
from monitor.stats.rate_score import rate_score
from monitor.stats.wilson import wilson
from tests.independent.published import cases_of
from tests.paths import shared

Inputs = dict[str, Any]

RATE_INTERVALS = {"garwood": garwood, "score": rate_score, "normal_log": rate_log_normal}
NOT_IMPLEMENTED = {"eair-2-224-clipped": "a normal interval clipped at 0 is 0 to 0 without events"}
"""Cases of implemented methods that are not tested, with the reason."""


def rate_arms(inputs: Inputs) -> Inputs:
    """Return the arms of a rate ratio under the product's names."""
    names = {"x1": "events", "t1": "person_time"}
    names |= {"x2": "control_events", "t2": "control_person_time"}
    return {name: inputs[key] for key, name in names.items()}


def risk_arms(inputs: Inputs) -> Inputs:
    """Return the arms of a risk difference under the product's names."""
    names = {"x1": "events", "n1": "patients"}
    names |= {"x2": "control_events", "n2": "control_patients"}
    return {name: inputs[key] for key, name in names.items()}


def rate(inputs: Inputs) -> Inputs:
    """Return an incidence rate and its limits."""
    value, *limits = RATE_INTERVALS[inputs["ci"]](
        inputs["events"], inputs["person_time"] / inputs["per"], confidence=inputs["conf"]
    )
    return {"rate": value, "ci": limits}


def exact_ratio(inputs: Inputs, *, mid_p: bool = False) -> Inputs:
    """Return the exact conditional rate ratio with its limits and p-values."""
    arms, null = rate_arms(inputs), inputs["null_ratio"]
    value, *limits = rate_ratio(**arms, confidence=inputs["conf"], mid_p=mid_p)
    two_sided, greater, less = rate_ratio_test(**arms, null_ratio=null, mid_p=mid_p)
    minlike = rate_ratio_minlike_p(**arms, null_ratio=null)
    ps = {"p_two": two_sided, "p_greater": greater, "p_less": less, "p_minlike": minlike}
    return {"rr": value, "ci": limits, **ps}


def fisher_p(inputs: Inputs) -> float:
    """Return the p-value of a table of two rows, each with and without an event."""
    (a, b), (c, d) = inputs["table"]
    ours = fisher(events=a, patients=a + b, control_events=c, control_patients=c + d)
    return ours.two_sided if inputs["alternative"] == "two-sided" else ours.greater


def score_test(inputs: Inputs) -> Inputs:
    """Return the risk difference, its limits and the score test of no difference."""
    arms = risk_arms(inputs)
    value, *limits = miettinen_nurminen(**arms, confidence=inputs["conf"])
    test = miettinen_nurminen_test(**arms, null_difference=inputs["delta"])
    return {"est": value, "ci": limits, "z": test.z, "p_one_sided": test.greater}


COMPUTED_BY_METHOD: dict[str, Callable[[Inputs], Any]] = {
    "poisson_rate_ci": lambda i: RATE_INTERVALS[i["method"]](
        i["events"], i["person_time"], confidence=i["conf"]
    )[1:],
    "exposure_adjusted_incidence": rate,
    "rate_ratio_exact_conditional": exact_ratio,
    "rate_ratio_exact_conditional_midp": lambda i: exact_ratio(i, mid_p=True),
    "fisher_exact": fisher_p,
    "risk_difference_newcombe10": lambda i: newcombe(**risk_arms(i), confidence=i["conf"])[1:],
    "risk_difference_miettinen_nurminen": lambda i: miettinen_nurminen(
        **risk_arms(i), confidence=i["conf"]
    )[1:],
    "risk_difference_mee": lambda i: miettinen_nurminen(
        **risk_arms(i), confidence=i["conf"], correction=False
    )[1:],
    "risk_difference_mn_test": score_test,
    "proportion_wilson": lambda i: wilson(i["x"], i["n"], confidence=i["conf"])[1:],
    "proportion_clopper_pearson": lambda i: clopper_pearson(i["x"], i["n"], confidence=i["conf"])[
        1:
    ],
    "fdr_e_bh": lambda i: e_bh(i["e"], i["alpha"]),
}


def matches_printed(ours: Any, printed: Any, tolerance: dict[str, float]) -> bool:
    """Return whether *ours* equals *printed*, number for number, within *tolerance*."""
    if isinstance(printed, dict):
        return all(matches_printed(ours[key], value, tolerance) for key, value in printed.items())
    if isinstance(printed, list):
        return len(ours) == len(printed) and all(
            matches_printed(a, b, tolerance) for a, b in zip(ours, printed, strict=True)
        )
    near = {"rel_tol": tolerance.get("rel", 0.0), "abs_tol": tolerance.get("abs", 0.0)}
    return isclose(ours, float(printed), **near)


@pytest.mark.parametrize("method", COMPUTED_BY_METHOD)
def test_every_published_case_is_reproduced(method: str):
    """Each case of the method is reproduced within its published tolerance."""
    method_cases = [case for name, case in cases_of(method).items() if name not in NOT_IMPLEMENTED]
    results = {case["id"]: COMPUTED_BY_METHOD[method](case["inputs"]) for case in method_cases}

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
