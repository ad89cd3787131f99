"""An arm without person-time: nothing raises, and nothing is claimed about it."""

from __future__ import annotations

from math import inf, nan

import pytest

from monitor.evidence.summary import watch_summaries
from monitor.records import Record
from monitor.state.verdict import VerdictReason
from monitor.stats.estimate import Estimate
from monitor.tables.compare import compare_arms, compare_rows
from monitor.tables.flow import period_flows
from monitor.tables.tabulate import rate_rows
from tests.monitor.builders import allocated, case, tick_record, treated
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch
from tests.monitor.trial import Trial, trial

PLAN = plan_of(
    reference_watch("rate", share=0.3),
    reference_watch("control", share=0.3, treatment="ctl"),
    concurrent_watch("arms", share=0.4),
)
LATER = 200
"""A day of a first treatment that is after the as-of date."""


def one_armed(arm: str, *records: Record, later: bool = False) -> Trial:
    """Three subjects on *arm*; the other arm has three that are not treated, or only later."""
    other = "ctl" if arm == "act" else "act"
    people = [allocated(f"{name}{number}", name) for name in ("act", "ctl") for number in (1, 2, 3)]
    on_arm = [treated(f"{arm}{number}", arm, 0) for number in (1, 2, 3)]
    on_other = [treated(f"{other}{number}", other, LATER) for number in (1, 2, 3) if later]
    return trial(PLAN, *people, *on_arm, *on_other, *records, tick_record(40))


@pytest.mark.parametrize("later", [False, True], ids=["not treated", "treated later"])
@pytest.mark.parametrize("arm", ["act", "ctl"])
def test_an_arm_without_person_time_has_no_comparison_that_claims_anything(arm: str, later: bool):
    """Neither a rate ratio nor evidence, though the other arm has an event."""
    scenario = one_armed(arm, case("c1", f"{arm}1", 10), later=later)
    study = scenario.study
    comparisons = [*compare_arms(study.plan, rate_rows(study))]

    assert [*period_flows(study)]
    for one in comparisons:
        assert one.rate_ratio == Estimate(None, 0.0, inf)
        assert one.fisher_p == 1.0
    summaries = {one.watch.id: one for one in watch_summaries(study)}
    assert summaries["arms"].log_e == pytest.approx(0.0, abs=1e-12)
    assert summaries["arms"].verdict.reason is VerdictReason.NO_PERSON_TIME
    assert summaries["arms"].rate_ratio != summaries["arms"].rate_ratio
    assert summaries["arms"].p_always_valid == 1.0


@pytest.mark.parametrize("arm", ["act", "ctl"])
def test_a_reference_watch_of_an_empty_arm_has_no_evidence(arm: str):
    """No expected event and none seen: E is 1, and no estimate is given."""
    other = "control" if arm == "act" else "rate"
    scenario = one_armed(arm, case("c1", f"{arm}1", 10))
    summary = next(one for one in watch_summaries(scenario.study) if one.watch.id == other)

    assert summary.log_e == 0.0
    assert (summary.treatment_events, summary.control_events) == (0, 0)
    assert str(summary.rate_ratio) == str(nan)
    assert summary.verdict.reason is VerdictReason.NO_EVENTS


def test_a_trial_without_any_person_time_can_be_shown():
    """Everybody is allocated, nobody is treated, and a case has arrived."""
    scenario = trial(
        PLAN, allocated("A1", "act"), allocated("C1", "ctl"), case("c1", "A1", 5), tick_record(40)
    )
    study = scenario.study

    assert [*compare_arms(study.plan, rate_rows(study))] == []
    assert [one.treatment_events for one in watch_summaries(study)] == [0, 0, 0]


@pytest.mark.parametrize("empty", ["treatment", "control", "both"])
def test_a_row_without_days_up_to_its_first_event_has_no_rate_ratio(empty: str):
    """An onset after the as-of date may come before the subject has any day at risk."""
    scenario = one_armed("act", treated("ctl1", "ctl", 0), case("c1", "act1", 10))
    rows = [scenario.row("DVT", name, "first") for name in ("act", "ctl")]
    treatment_row, control_row = (
        row._replace(person_days_to_first=0) if empty in (name, "both") else row
        for name, row in zip(("treatment", "control"), rows, strict=True)
    )

    compared = compare_rows(treatment_row, control_row, {})
    assert compared.rate_ratio == Estimate(None, 0.0, inf)
    assert compare_rows(rows[0], rows[1], {}).rate_ratio != Estimate(None, 0.0, inf)


def test_events_of_an_arm_that_is_treated_after_the_as_of_date_have_rows():
    """Its only subjects are ahead of the as-of date: their events are shown, without a rate."""
    scenario = one_armed("act", case("c1", "ctl1", LATER + 2, known=10), later=True)
    rows = {row.term.name: row for row in rate_rows(scenario.study) if row.treatment == "ctl"}

    assert rows["any"].cell.events == rows["DVT"].cell.events == 1
    assert (rows["any"].subjects_exposed, rows["any"].person_days) == (0, 0)
    assert rows["any"].rate == Estimate(None, 0.0, inf)
