"""Hold the batch evidence to the published cases, through whole trials written as records."""

from __future__ import annotations

import json
from math import exp, log
from pathlib import Path
from typing import Any

import pytest

from tests.independent.builders import (
    event,
    plan,
    plan_text,
    screening_section,
    subject,
    tick,
    toml_table,
    treatment,
    wire_record,
)
from tests.independent.evidence import design_of, evidence, factors_of
from tests.independent.likelihood import (
    Factor,
    concurrent_log_e,
    estimated_rate_log_e,
    known_rate_log_e,
)
from tests.independent.recount import recount
from tests.independent.wire_records import Record

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("cases.json").read_text())
ARMS = {"treatment": "act", "control": "ctl"}
CLOTS = {"kind": "concurrent", "preferred_term": "DVT", "treatment": "act", "period": "first"}


def cases_of(method: str) -> list[Any]:
    """The cases of one method, named."""
    return [pytest.param(case, id=case["id"]) for case in CASES if case["method"] == method]


def watch_toml(**more: Any) -> str:
    """The TOML of a concurrent watch of clots, as treated in study time unless *more* differs."""
    fields = {**CLOTS, "analysis": "as_treated", "time": "study", "tier": 3, **more}
    return toml_table("[watches]", id="clots", **fields)


def patient_records(number: int, patient: dict[str, Any]) -> list[Record]:
    """A patient of a case (days of switch and event count from the start) as a trial sees her."""
    who, start = f"S{number}", patient["start"]
    first = treatment(who, ARMS[patient["arm"]], start, thing=f"edc/a-{who}")
    records = [first]
    if patient["switch"] is not None:
        switch = treatment(who, "act", start + patient["switch"], thing=f"edc/b-{who}")
        records.append(switch)
    if patient["end"] is not None:
        last = wire_record("disposition", f"edc/end-{who}", subject=who, status="other")
        day = tick(patient["end"] - 1)["date"]
        records.append({**last, "date": day})
    if patient["event"] is not None:
        records.append(event(f"c-{who}", who, start + patient["event"]))
    return records


@pytest.mark.parametrize("case", cases_of("concurrent_study_time"))
def test_study_time_risk_sets_and_evidence_of_a_whole_trial(case: dict[str, Any]):
    """Every factor's day, arm and risk set as published, and log E to 1e-9."""
    given, expected = case["inputs"], case["expected"]
    records = [plan(plan_text(watches=watch_toml()))]
    for number, patient in enumerate(given["patients"]):
        records += patient_records(number, patient)
    records.append(tick(given["as_of"]))

    trial = recount(records)
    factors = factors_of(trial, design_of(trial, trial.plan["watches"][0]))

    assert [list(factor) for factor in factors] == expected["factors_day_x_treated_control"]
    assert evidence(records)[("clots",)] == pytest.approx(expected["log_e"], abs=1e-9)
    assert score_function(factors, expected["mle_rr"]) == pytest.approx(0, abs=1e-3)


def score_function(factors: list[Factor], theta: float) -> float:
    """The slope of the log-likelihood in log theta, which vanishes at the maximum."""
    return sum(
        f.on_treatment - theta * f.treated / (theta * f.treated + f.control) for f in factors
    )


@pytest.mark.parametrize("case", cases_of("e_process_default"))
def test_evidence_from_shares_at_risk(case: dict[str, Any]):
    """Given whether each event was treated and the treated share at risk, log E as published."""
    given = case["inputs"]
    pairs = zip(given["x_in_treatment"], given["p_treatment_at_risk"], strict=True)
    factors = [risk_set_of_share(x, share) for x, share in pairs]
    running = [concurrent_log_e(factors[:count]) for count in range(1, len(factors) + 1)]

    assert running[-1] == pytest.approx(case["expected"]["log_E_final"], abs=1e-9)
    assert max(running) == pytest.approx(case["expected"]["log_E_max"], abs=1e-9)


def risk_set_of_share(x: int, share: float) -> Factor:
    """The risk set of at most 200 patients in which the treated have *share*."""
    total = next(n for n in range(1, 201) if abs(share * n - round(share * n)) < 1e-9)
    return Factor(0, x, round(share * total), total - round(share * total))


@pytest.mark.parametrize("case", cases_of("e_process_background_rate"))
def test_evidence_against_a_known_rate(case: dict[str, Any]):
    """Events against the number expected, log E as published."""
    found = known_rate_log_e(case["inputs"]["events"], case["inputs"]["expected"])

    assert found == pytest.approx(case["expected"], abs=1e-9)


@pytest.mark.parametrize("case", cases_of("e_process_historical_control"))
def test_evidence_against_a_rate_estimated_from_history(case: dict[str, Any]):
    """Events against a historical control, log E as published."""
    given = case["inputs"]
    found = estimated_rate_log_e(
        given["events"], given["person_time_ratio"], given["historical_events"]
    )

    assert found == pytest.approx(case["expected"], abs=1e-9)


def test_one_treated_event_among_two_at_risk_is_twice_the_mean_share():
    """One event, one patient an arm: E is the mean of 2*theta / (theta + 1) over the points."""
    records = [treatment("S1", "act", 0), treatment("S2", "ctl", 0), event("c1", "S1", 3)]
    points = [1.25 * 16 ** (k / 32) for k in range(33)]
    mean = sum(2 * theta / (theta + 1) for theta in points) / 33

    found = evidence([plan(plan_text(watches=watch_toml())), *records, tick(9)])

    assert found[("clots",)] == pytest.approx(log(mean), abs=1e-12)
    assert found["preferred_term", "DVT", "act"] == pytest.approx(log(mean), abs=1e-12)
    assert 1 < exp(found["system_organ_class", "VASC", "act"]) < 2


def test_an_event_counts_for_the_allocated_arm_when_read_as_randomised():
    """Allocated to control, switched on day 2, event on day 3: control's as randomised."""
    records = [
        *(subject("S1", "ctl"), subject("S2", "act")),
        *(treatment("S1", "ctl", 0), treatment("S1", "act", 2), treatment("S2", "act", 0)),
        *(event("c1", "S1", 3), tick(9)),
    ]
    rules = screening_section("as_randomised")
    text = plan_text(watches=watch_toml(analysis="as_randomised"), screening=rules)
    trial = recount([plan(text), *records])

    assert factors_of(trial, design_of(trial, trial.plan["watches"][0])) == [(3, 0, 1, 1)]


def test_calendar_time_compares_the_patients_of_one_day():
    """S1 has the event on day 12, her study day 2; S2 entered on day 11, S3 on day 13."""
    records = [
        *(treatment("S1", "act", 10), treatment("S2", "ctl", 11), treatment("S3", "ctl", 13)),
        *(event("c1", "S1", 12), tick(40)),
    ]
    calendar, study = (
        recount([plan(plan_text(watches=watch_toml(time=time))), *records])
        for time in ("calendar", "study")
    )
    questions = [design_of(trial, trial.plan["watches"][0]) for trial in (calendar, study)]

    assert [(f.treated, f.control) for f in factors_of(calendar, questions[0])] == [(1, 1)]
    assert [(f.treated, f.control) for f in factors_of(study, questions[1])] == [(1, 2)]


def test_a_reference_watch_counts_years_on_its_treatment_up_to_the_first_event():
    """Two patients on active, 100 days and 41 to the event: 141 days at 50 per 100 years."""
    against = {"kind": "reference", "rate_per_100_patient_years": 50, "source": "A register"}
    clots = {"preferred_term": "DVT", "treatment": "act", "tier": 3}
    reference = toml_table("[watches]", id="known", **against, **clots)
    records = [
        *(treatment("S1", "act", 0, 100), treatment("S2", "act", 0, 100)),
        *(event("c1", "S2", 40), event("c2", "S2", 60), tick(300)),
    ]

    found = evidence([plan(plan_text(watches=reference)), *records])

    expected = 0.5 * 141 / 365.25
    assert found[("known",)] == pytest.approx(known_rate_log_e(1, expected), abs=1e-12)
