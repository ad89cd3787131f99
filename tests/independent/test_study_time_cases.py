"""Compares study-time risk sets with the published cases, as a table and as wire records."""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any

import pytest

from monitor.evidence.evaluate import likelihood_of
from monitor.evidence.summary import watch_summaries
from monitor.exposure.first_events import FirstEvents
from monitor.exposure.follow_up import FollowUp
from monitor.exposure.person_time import Spell
from monitor.plan.watch import Analysis, TimeScale
from monitor.state.study import Study
from monitor.stats.concurrent import PartialLikelihood
from monitor.stats.e_value import log_e
from monitor.stats.maximum_likelihood import rate_ratio_mle
from tests.independent.builders import (
    DAY_0,
    event,
    plan,
    plan_text,
    tick,
    toml_table,
    treatment,
    wire_record,
)
from tests.independent.product import study_of
from tests.independent.published import Case, cases_of
from tests.independent.risk_sets import Factor, exact_risk_sets, factors, set_first_event
from tests.independent.wire_records import Record

Patient = dict[str, Any]

CONTROL, TREATMENT = 0, 1
ARMS = {"control": CONTROL, "treatment": TREATMENT}
WIRE_ARMS = {"control": "ctl", "treatment": "act"}
WATCH = toml_table(
    "[watches]",
    id="clots",
    kind="concurrent",
    preferred_term="DVT",
    treatment="act",
    period="first",
    analysis="as_treated",
    time="study",
    tier=3,
)
CASE_NAMES = ["cst-small", "cst-ties-dropout", "cst-crossover-open", "cst-2to1"]
NEVER = 10_000


@cache
def published_cases() -> dict[str, Case]:
    """Return the published cases of the method by name."""
    return cases_of("concurrent_study_time")


def test_every_published_case_of_study_time_is_tested():
    """The cases include ties, dropout, crossover and unequal arms."""
    assert set(published_cases()) == set(CASE_NAMES)
    assert any(
        patient["switch"] is not None
        for case in published_cases().values()
        for patient in case["inputs"]["patients"]
    )


def spells_of(patient: Patient) -> tuple[Spell, ...]:
    """Return a patient's spells; a switch ends the first arm, and *end* ends follow-up."""
    start, arm = patient["start"], ARMS[patient["arm"]]
    end = NEVER if patient["end"] is None else patient["end"]
    if patient["switch"] is None:
        spells = [Spell(start, end, 0, arm)]
    else:
        switch = start + patient["switch"]
        spells = [Spell(start, min(end, switch), 0, arm), Spell(switch, end, 0, TREATMENT)]
    return tuple(spell for spell in spells if spell.end > spell.start)


def follow_up_of(case: Case) -> tuple[FollowUp, FirstEvents]:
    """Return the product's follow-up table and first events of the patients of a case."""
    follow_up = FollowUp(0, Analysis.AS_TREATED, TimeScale.STUDY, arm_count=2)
    first = FirstEvents(term=0, period=0, treatment=None)
    for number, patient in enumerate(case["inputs"]["patients"]):
        spells = spells_of(patient)
        follow_up.update_subject(number, spells, ((0, patient["start"]),), None)
        if patient["event"] is not None:
            onset = patient["start"] + patient["event"]
            set_first_event(first, number, onset, spells)
    return follow_up, first


def log_of_case(case: Case) -> list[Record]:
    """Return the records of a case's patients: treatments, exits and events, and a last tick."""
    records = [plan(plan_text(watches=WATCH, jump="5000"))]
    for number, patient in zip(count(1), case["inputs"]["patients"], strict=False):
        who, start = f"S{number}", patient["start"]
        records.append(treatment(who, WIRE_ARMS[patient["arm"]], start, entity=f"edc/a-{who}"))
        if patient["switch"] is not None:
            later = start + patient["switch"]
            records.append(treatment(who, "act", later, entity=f"edc/b-{who}"))
        if patient["end"] is not None:
            last = tick(patient["end"] - 1)["date"]
            records.append(
                wire_record("disposition", f"edc/end-{who}", subject=who, status="other", date=last)
            )
        if patient["event"] is not None:
            records.append(event(f"c-{who}", who, start + patient["event"]))
    return [*records, tick(case["inputs"]["as_of"])]


def published_factors(case: Case) -> list[Factor]:
    """Return the published arm and risk set of each factor, sorted and without the day."""
    return sorted(
        (x, on, off) for _, x, on, off in case["expected"]["factors_day_x_treated_control"]
    )


def assert_evidence(sets: PartialLikelihood, case: Case) -> None:
    """Assert that log E and the estimate by Breslow's factor are as published.

    That factor has each event alone on its day.  The exact one of the product gives at least as
    much evidence, and as much where no day has two events.
    """
    expected, tolerance = case["expected"], case["tolerance"]
    shares = [treated / (treated + control) for _, treated, control in counted_factors(case)]
    breslow = PartialLikelihood(sets.treated, sets.events, shares)
    near = pytest.approx(expected["log_e"], rel=0, abs=tolerance["abs"])
    ratio = pytest.approx(expected["mle_rr"], rel=tolerance["mle_rr"]["rel"], abs=0)
    assert log_e(breslow.log_likelihood) == near
    assert rate_ratio_mle(breslow.log_likelihood) == ratio
    assert (log_e(sets.log_likelihood) > expected["log_e"] + 1e-9) is bool(sets.days.size)


def counted_factors(case: Case) -> list[Factor]:
    """Return the published factors with both arms at risk."""
    return [factor for factor in published_factors(case) if factor[1] and factor[2]]


@pytest.mark.parametrize("name", CASE_NAMES)
def test_the_follow_up_table_gives_the_published_evidence(name: str):
    """Every risk set, log E and the estimate come from the follow-up table alone."""
    case = published_cases()[name]
    follow_up, first = follow_up_of(case)

    arguments = (follow_up, first, case["inputs"]["as_of"], TREATMENT, CONTROL)

    assert factors(*arguments) == published_factors(case)
    assert_evidence(exact_risk_sets(*arguments), case)


@pytest.mark.parametrize("name", CASE_NAMES)
def test_the_study_days_of_onsets_are_the_published_ones(name: str):
    """An onset counts from the subject's first treatment, and only up to the as-of day."""
    case = published_cases()[name]
    follow_up, first = follow_up_of(case)

    days = [
        onset - follow_up.intervals[who][0].day_0
        for who, onset, _ in first
        if onset <= case["inputs"]["as_of"]
    ]

    assert sorted(days) == [day for day, *_ in case["expected"]["factors_day_x_treated_control"]]


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
@pytest.mark.parametrize("name", CASE_NAMES)
def test_wire_records_in_either_order_give_the_published_evidence(name: str, backwards: bool):
    """The product decodes, folds and evaluates the records, and their order does not matter."""
    case = published_cases()[name]
    log = log_of_case(case)
    study = study_of([log[0], *reversed(log[1:])] if backwards else log)
    assert study is not None
    active_watch = study.watches_by_id["clots"]
    assert (
        active_watch.design.follow_up is not None and study.as_of == DAY_0 + case["inputs"]["as_of"]
    )

    assert factors_of_watch(study) == published_factors(case)
    sets = likelihood_of(study, active_watch)
    assert isinstance(sets, PartialLikelihood)
    assert_evidence(sets, case)


def factors_of_watch(study: Study) -> list[Factor]:
    """Return the current factors of the one named watch of the study."""
    active_watch = study.watches_by_id["clots"]
    assert active_watch.design.follow_up is not None and study.as_of is not None
    assert (study.treatment_numbers["ctl"], study.treatment_numbers["act"]) == (CONTROL, TREATMENT)
    return factors(
        active_watch.design.follow_up, active_watch.first_events, study.as_of, TREATMENT, CONTROL
    )


@pytest.mark.parametrize("name", CASE_NAMES)
def test_the_watch_summary_has_the_published_values(name: str):
    """A board sees the evidence of the watch, and the events with both arms at risk."""
    case = published_cases()[name]
    study = study_of(log_of_case(case))
    assert study is not None
    (summary,) = [each for each in watch_summaries(study) if each.watch.id == "clots"]
    sets = likelihood_of(study, study.watches_by_id["clots"])

    assert summary.log_e == log_e(sets.log_likelihood)
    assert summary.rate_ratio == pytest.approx(rate_ratio_mle(sets.log_likelihood), rel=1e-9)
    assert summary.treatment_events == sum(treated for treated, _, _ in counted_factors(case))
    assert summary.control_events == len(counted_factors(case)) - summary.treatment_events
