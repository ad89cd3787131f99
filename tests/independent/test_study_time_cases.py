"""Hold the study-time risk sets to the public cases: as a table, and as a log of wire records."""

from __future__ import annotations

import json
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
from tests.independent.risk_sets import Factor, exact_risk_sets, factors, set_first_event
from tests.independent.wire_records import Record
from tests.paths import shared

Case = dict[str, Any]
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
    """The public cases of the method, by name."""
    cases = json.loads(shared("cases", "statistics.json").read_text())
    return {case["id"]: case for case in cases if case["method"] == "concurrent_study_time"}


def test_no_public_case_of_study_time_is_left_out():
    """Ties, dropout, crossover and unequal arms are all there are."""
    assert set(published_cases()) == set(CASE_NAMES)
    assert any(
        one["switch"] is not None
        for case in published_cases().values()
        for one in case["inputs"]["patients"]
    )


def spells_of(patient: Patient) -> tuple[Spell, ...]:
    """Who switches leaves the first arm on that day; nobody is followed beyond the end."""
    start, arm = patient["start"], ARMS[patient["arm"]]
    end = NEVER if patient["end"] is None else patient["end"]
    if patient["switch"] is None:
        spells = [Spell(start, end, 0, arm)]
    else:
        switch = start + patient["switch"]
        spells = [Spell(start, min(end, switch), 0, arm), Spell(switch, end, 0, TREATMENT)]
    return tuple(spell for spell in spells if spell.end > spell.start)


def follow_up_of(case: Case) -> tuple[FollowUp, FirstEvents]:
    """The patients of a case, put into the product's follow-up table and its first events."""
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
    """The patients of a case as a study would report them: treatment, exit, event, and a tick."""
    records = [plan(plan_text(watches=WATCH))]
    for number, patient in zip(count(1), case["inputs"]["patients"], strict=False):
        who, start = f"S{number}", patient["start"]
        records.append(treatment(who, WIRE_ARMS[patient["arm"]], start, thing=f"edc/a-{who}"))
        if patient["switch"] is not None:
            later = start + patient["switch"]
            records.append(treatment(who, "act", later, thing=f"edc/b-{who}"))
        if patient["end"] is not None:
            last = tick(patient["end"] - 1)["date"]
            records.append(
                wire_record("disposition", f"edc/end-{who}", subject=who, status="other", date=last)
            )
        if patient["event"] is not None:
            records.append(event(f"c-{who}", who, start + patient["event"]))
    return [*records, tick(case["inputs"]["as_of"])]


def published_factors(case: Case) -> list[Factor]:
    """Each factor's arm and risk set as published, without the day, in order."""
    return sorted(
        (x, on, off) for _, x, on, off in case["expected"]["factors_day_x_treated_control"]
    )


def assert_evidence(sets: PartialLikelihood, case: Case) -> None:
    """Hold log E and the maximum-likelihood rate ratio to what is published."""
    expected, tolerance = case["expected"], case["tolerance"]
    near = pytest.approx(expected["log_e"], rel=0, abs=tolerance["abs"])
    ratio = pytest.approx(expected["mle_rr"], rel=tolerance["mle_rr"]["rel"], abs=0)
    assert log_e(sets.log_likelihood) == near
    assert rate_ratio_mle(sets.log_likelihood) == ratio


@pytest.mark.parametrize("name", CASE_NAMES)
def test_a_public_trial_put_into_the_follow_up_table(name: str):
    """Every risk set, log E and the estimate, by the table alone."""
    case = published_cases()[name]
    follow_up, first = follow_up_of(case)

    asked = (follow_up, first, case["inputs"]["as_of"], TREATMENT, CONTROL)

    assert factors(*asked) == published_factors(case)
    assert_evidence(exact_risk_sets(*asked), case)


@pytest.mark.parametrize("name", CASE_NAMES)
def test_the_study_days_of_a_public_trial_are_the_published_ones(name: str):
    """An onset counts from the start of the subject's own treatment; a later one not yet."""
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
def test_a_public_trial_told_as_wire_records(name: str, backwards: bool):
    """Decoded, folded and judged by the product, in whatever order the records came."""
    case = published_cases()[name]
    log = log_of_case(case)
    study = study_of([log[0], *reversed(log[1:])] if backwards else log)
    assert study is not None
    running = study.watches_by_id["clots"]
    assert running.design.follow_up is not None and study.as_of == DAY_0 + case["inputs"]["as_of"]

    assert factors_of_watch(study) == published_factors(case)
    sets = likelihood_of(study, running)
    assert isinstance(sets, PartialLikelihood)
    assert_evidence(sets, case)


def factors_of_watch(study: Study) -> list[Factor]:
    """The factors of the one named watch as the study now has them."""
    running = study.watches_by_id["clots"]
    assert running.design.follow_up is not None and study.as_of is not None
    assert (study.treatment_numbers["ctl"], study.treatment_numbers["act"]) == (CONTROL, TREATMENT)
    return factors(running.design.follow_up, running.first_events, study.as_of, TREATMENT, CONTROL)


@pytest.mark.parametrize("name", CASE_NAMES)
def test_the_standing_shown_is_that_of_the_public_trial(name: str):
    """What a board sees of the watch: its evidence, its events and its estimate."""
    case = published_cases()[name]
    study = study_of(log_of_case(case))
    assert study is not None
    (shown,) = [one for one in watch_summaries(study) if one.watch.id == "clots"]
    both = [factor for factor in published_factors(case) if factor[1] and factor[2]]

    assert shown.log_e == pytest.approx(case["expected"]["log_e"], rel=0, abs=1e-9)
    assert shown.rate_ratio == pytest.approx(case["expected"]["mle_rr"], rel=1e-5)
    assert shown.treatment_events == sum(treated for treated, _, _ in both)
    assert shown.control_events == len(both) - shown.treatment_events
