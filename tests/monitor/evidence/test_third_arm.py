"""Events on a third arm never enter the likelihood of a watch that compares two arms."""

from __future__ import annotations

from math import exp, log

import pytest

from monitor.evidence.evaluate import LOOP_EVENTS_MAX, likelihood_of
from monitor.records import Record
from monitor.stats.concurrent import PartialLikelihood
from tests.monitor.builders import allocated, case, tick_record, treated
from tests.monitor.small_plans import concurrent_watch, plan_of
from tests.monitor.trial import Trial, trial

PLAN = plan_of(concurrent_watch(), active=["act", "low"])

ON_TWO_ARMS = [("A1", 10), ("A2", 11), ("C1", 12), ("A3", 13)]
ON_LOW = [("L1", 10), ("L2", 10), ("L3", 11), ("L4", 12), ("L5", 14)]

ON_LOW_MAX = 30


def three_arms(size: int) -> list[Record]:
    """Subjects A1 .., C1 .. and L1 .. on `act`, `ctl` and `low` from day 0.

    *size* is the number on `act` and on `ctl`.
    """
    arms = {"A": "act", "C": "ctl", "L": "low"}
    return [
        record
        for letter, arm in arms.items()
        for number in range(1, (ON_LOW_MAX if letter == "L" else size) + 1)
        for record in (allocated(f"{letter}{number}", arm), treated(f"{letter}{number}", arm, 0))
    ]


def three_arm_trial(events: list[tuple[str, int]], *more: Record, size: int = 5) -> Trial:
    """Three arms of *size* with a first event of each subject of *events* on its day."""
    cases = [case(f"c-{who}", who, onset, known=40) for who, onset in events]
    return trial(PLAN, *three_arms(size), *more, *cases, tick_record(40))


def log_e_by_hand(on_act: int, events: str) -> float:
    """Log E of *events* in order, "a" on act and "c" on control, from *on_act* on either arm."""
    ratios = [exp(log(1.25) + step * (log(20.0) - log(1.25)) / 32) for step in range(33)]
    products = [1.0] * 33
    on_control = on_act
    for event in events:
        share = on_act / (on_act + on_control)
        for index, ratio in enumerate(ratios):
            products[index] *= (ratio if event == "a" else 1.0) / (1 + share * (ratio - 1))
        on_act, on_control = on_act - (event == "a"), on_control - (event == "c")
    return log(sum(products) / 33)


def test_events_on_a_third_arm_leave_the_evidence_as_it_is():
    """Three treated events and one on control of 5 and 5 at risk: log E 0.594, by hand."""
    with_third_arm = three_arm_trial([*ON_TWO_ARMS, *ON_LOW])

    assert round(log_e_by_hand(5, "aaca"), 3) == 0.594
    assert round(with_third_arm.log_e_value(), 3) == 0.594
    assert with_third_arm.log_e_value() == three_arm_trial(ON_TWO_ARMS).log_e_value()
    summary = with_third_arm.watch_summary()
    assert (summary.treatment_events, summary.control_events) == (3, 1)


@pytest.mark.parametrize("way", ["loop", "columns"])
def test_each_way_to_the_risk_sets_leaves_out_the_third_arm(way: str):
    """A loop counts few events; columns count many."""
    more = [(f"L{number}", 15) for number in range(6, 26)] if way == "columns" else []
    scenario = three_arm_trial([*ON_TWO_ARMS, *ON_LOW, *more])
    watch = scenario.study.watches_by_id["clots"]
    likelihood = likelihood_of(scenario.study, watch)

    assert (len(watch.first_events) > LOOP_EVENTS_MAX) is (way == "columns")
    assert isinstance(likelihood, PartialLikelihood)
    assert (likelihood.treated, likelihood.events) == (3, 4)
    assert sorted(round(share, 9) for share in likelihood.shares) == sorted(
        round(share, 9) for share in (5 / 10, 4 / 9, 3 / 8, 3 / 7)
    )


def test_a_subject_of_the_third_arm_leaves_no_risk_set_of_the_two():
    """Its event takes nobody out of the numbers at risk on treatment and control."""
    alone = three_arm_trial([("A1", 20)])
    after_low = three_arm_trial([("L1", 10), ("L2", 19), ("L3", 20), ("A1", 20)])

    assert after_low.log_e_value() == alone.log_e_value()
    assert after_low.watch_summary().treatment_events == 1


def test_events_on_the_third_arm_alone_are_no_evidence_and_no_hypothesis():
    """The screening watch of `act` has no event on its arms, so it is none of the K of e-BH."""
    scenario = three_arm_trial(ON_LOW)

    assert scenario.watch_summary().treatment_events == 0
    assert scenario.log_e_value() == pytest.approx(0.0, abs=1e-12)
    # The term and its organ class, on `low` alone.
    assert scenario.study.hypotheses == 2
