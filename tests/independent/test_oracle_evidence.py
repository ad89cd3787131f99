"""Compares the batch evidence with published cases, through whole trials as wire records."""

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
    """Return the cases of one method as named parameters."""
    return [pytest.param(case, id=case["id"]) for case in CASES if case["method"] == method]


def watch_toml(**more: Any) -> str:
    """Return a concurrent watch of clots in TOML, as treated in study time by default."""
    fields = {**CLOTS, "analysis": "as_treated", "time": "study", "tier": 3, **more}
    return toml_table("[watches]", id="clots", **fields)


def patient_records(number: int, patient: dict[str, Any]) -> list[Record]:
    """Return the records of one patient of a case; its days count from the patient's start."""
    who, start = f"S{number}", patient["start"]
    first = treatment(who, ARMS[patient["arm"]], start, entity=f"edc/a-{who}")
    records = [first]
    if patient["switch"] is not None:
        switch = treatment(who, "act", start + patient["switch"], entity=f"edc/b-{who}")
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
    """The day, arm and risk set of every factor are as published, and log E to 1e-9.

    It is published for Breslow's factor, by which each event is alone on its day.
    """
    given, expected = case["inputs"], case["expected"]
    records = [plan(plan_text(watches=watch_toml(), jump="5000"))]
    for number, patient in enumerate(given["patients"]):
        records += patient_records(number, patient)
    records.append(tick(given["as_of"]))

    trial = recount(records)
    factors = factors_of(trial, design_of(trial, trial.plan["watches"][0]))

    assert [list(factor) for factor in factors] == expected["factors_day_x_treated_control"]
    alone = [factor._replace(day=number) for number, factor in enumerate(factors)]
    assert concurrent_log_e(alone) == pytest.approx(expected["log_e"], abs=1e-9)
    assert evidence(records)[("clots",)] >= expected["log_e"] - 1e-9
    assert score_function(factors, expected["mle_rr"]) == pytest.approx(0, abs=1e-3)


def score_function(factors: list[Factor], theta: float) -> float:
    """Return the slope of the log-likelihood in log theta, which is 0 at the maximum."""
    return sum(
        f.on_treatment - theta * f.treated / (theta * f.treated + f.control) for f in factors
    )


@pytest.mark.parametrize("case", cases_of("e_process_default"))
def test_evidence_from_shares_at_risk(case: dict[str, Any]):
    """Log E is as published, given the arm of each event and the treated share at risk."""
    given = case["inputs"]
    pairs = zip(given["x_in_treatment"], given["p_treatment_at_risk"], strict=True)
    factors = [risk_set_of_share(day, x, share) for day, (x, share) in enumerate(pairs)]
    running = [concurrent_log_e(factors[:count]) for count in range(1, len(factors) + 1)]

    assert running[-1] == pytest.approx(case["expected"]["log_E_final"], abs=1e-9)
    assert max(running) == pytest.approx(case["expected"]["log_E_max"], abs=1e-9)


def risk_set_of_share(day: int, x: int, share: float) -> Factor:
    """Return a risk set of at most 200 patients with the treated *share*."""
    total = next(n for n in range(1, 201) if abs(share * n - round(share * n)) < 1e-9)
    return Factor(day, x, round(share * total), total - round(share * total))


@pytest.mark.parametrize("case", cases_of("e_process_background_rate"))
def test_evidence_against_a_known_rate(case: dict[str, Any]):
    """Log E is as published, given the events and the number expected."""
    log_e = known_rate_log_e(case["inputs"]["events"], case["inputs"]["expected"])

    assert log_e == pytest.approx(case["expected"], abs=1e-9)


@pytest.mark.parametrize("case", cases_of("e_process_historical_control"))
def test_evidence_against_a_rate_estimated_from_history(case: dict[str, Any]):
    """Log E is as published, given the events and a historical control."""
    given = case["inputs"]
    log_e = estimated_rate_log_e(
        given["events"], given["person_time_ratio"], given["historical_events"]
    )

    assert log_e == pytest.approx(case["expected"], abs=1e-9)


def test_one_treated_event_among_two_at_risk_is_twice_the_mean_share():
    """One event and one patient on each arm: E is the mean of 2*theta / (theta + 1)."""
    records = [treatment("S1", "act", 0), treatment("S2", "ctl", 0), event("c1", "S1", 3)]
    points = [1.25 * 16 ** (k / 32) for k in range(33)]
    mean = sum(2 * theta / (theta + 1) for theta in points) / 33

    log_e_by_watch = evidence([plan(plan_text(watches=watch_toml())), *records, tick(9)])

    assert log_e_by_watch[("clots",)] == pytest.approx(log(mean), abs=1e-12)
    assert log_e_by_watch["preferred_term", "DVT", "act"] == pytest.approx(log(mean), abs=1e-12)
    assert 1 < exp(log_e_by_watch["system_organ_class", "VASC", "act"]) < 2


def test_an_event_counts_for_the_allocated_arm_as_randomised():
    """A control patient who switches on day 2 and has an event on day 3 counts for control."""
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
    """On the event's day, 12, S3 has not entered yet: in calendar time S3 is not at risk."""
    records = [
        *(treatment("S1", "act", 10), treatment("S2", "ctl", 11), treatment("S3", "ctl", 13)),
        *(event("c1", "S1", 12), tick(40)),
    ]
    calendar, study = (
        recount([plan(plan_text(watches=watch_toml(time=time))), *records])
        for time in ("calendar", "study")
    )
    watch_designs = [design_of(trial, trial.plan["watches"][0]) for trial in (calendar, study)]

    assert [(f.treated, f.control) for f in factors_of(calendar, watch_designs[0])] == [(1, 1)]
    assert [(f.treated, f.control) for f in factors_of(study, watch_designs[1])] == [(1, 2)]


def test_a_reference_watch_counts_years_on_its_treatment_up_to_the_first_event():
    """100 days of one patient and 41 up to the other's event, at 50 events per 100 years."""
    against = {"kind": "reference", "rate_per_100_patient_years": 50, "source": "A register"}
    clots = {"preferred_term": "DVT", "treatment": "act", "tier": 3}
    reference = toml_table("[watches]", id="known", **against, **clots)
    records = [
        *(treatment("S1", "act", 0, 100), treatment("S2", "act", 0, 100)),
        *(event("c1", "S2", 40), event("c2", "S2", 60), tick(300)),
    ]

    log_e_by_watch = evidence([plan(plan_text(watches=reference, jump="5000")), *records])

    expected = 0.5 * 141 / 365.25
    assert log_e_by_watch[("known",)] == pytest.approx(known_rate_log_e(1, expected), abs=1e-12)
