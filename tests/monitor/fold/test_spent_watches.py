"""A watch that was tested is never forgotten: its share stays spent, after a restart too."""

from __future__ import annotations

import pytest

from monitor.errors import Reason
from monitor.state.dirty import DirtySet
from monitor.state.entities import RecordOutcome
from streams.processor.pipeline import apply_record
from streams.store.rows.load import load_row
from streams.store.rows.row import Row
from tests.monitor.builders import STUDY, case, plan_record, tick_record
from tests.monitor.small_plans import plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

CLOTS = reference_watch("clots", share=0.5)
STROKES = reference_watch("strokes", preferred_term="Stroke", share=0.5)

THIRD_PLANS = {
    "as it was": ([CLOTS, STROKES], None),
    "at another rate": (
        [reference_watch("clots", share=0.5, rate_per_100_patient_years=2), STROKES],
        "watch clots has spent its share as it was",
    ),
    "under another name": (
        [reference_watch("thromboses", share=0.5), STROKES],
        "sum to more than 1",
    ),
}
"""Watches of a third plan after a second without `clots`, and why the plan is refused."""


def study_without_clots() -> Trial:
    """A study whose first plan tests `clots` and whose second has dropped it."""
    scenario = trial(plan_of(CLOTS, STROKES), *two_arms(10), tick_record(30))
    scenario.submit(case("c1", "A1", 31))
    assert scenario.submit(plan_record(plan_of(STROKES), version=2)).refusal is None
    return scenario


@pytest.mark.parametrize("name", THIRD_PLANS)
def test_a_dropped_watch_has_spent_its_share_for_all_later_plans(name: str):
    """The third plan is held to the first, though the second does not name the watch."""
    watches, message = THIRD_PLANS[name]
    result = study_without_clots().submit(plan_record(plan_of(*watches), version=3))

    if message is None:
        assert (result.outcome, result.refusal) == (RecordOutcome.FOLDED, None)
    else:
        assert result.refusal is not None and result.refusal.reason is Reason.BAD_PLAN
        assert message in result.refusal.detail


def test_a_restored_study_knows_every_watch_that_was_tested():
    """A restart in between gives no share back."""
    plans = [plan_record(plan_of(CLOTS, STROKES)), plan_record(plan_of(STROKES), version=2)]
    study, _ = apply_record(None, plans[0], 0)
    assert study is not None
    study.dirty = DirtySet(everything=True)
    row = Row(study, first_offset=0, last_offset=0)
    row.count_record(0, RecordOutcome.FOLDED, None)
    _, amended = apply_record(study, plans[1], 1)
    row.count_record(1, amended.outcome, amended.refusal)
    restored = load_row(STUDY, row.take_changes()).study

    assert [*study.plan.spent_shares] == ["strokes"]
    assert restored.spent_shares == study.spent_shares
    assert sorted(restored.spent_shares) == ["clots", "strokes"]


def test_a_screened_watch_stays_one_of_the_hypotheses_while_it_has_an_event():
    """Each later look counts it in the K of e-BH, also where its evidence is below every level."""
    scenario = trial(plan_of(), *two_arms(10), tick_record(30))
    scenario.submit(case("c1", "C1", 31))
    after_first = scenario.study.hypotheses
    scenario.submit(tick_record(32), case("c2", "C2", 33), tick_record(40))

    # The term and its organ class; an event on control raises neither.
    assert after_first == scenario.study.hypotheses == 2
    scenario.submit(case("c3", "A1", 41, "Rash", organ="SKIN"))
    assert scenario.study.hypotheses == 4
