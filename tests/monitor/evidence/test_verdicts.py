"""The verdict of a watch: every reason can be reached, and gives its level."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import pytest

from monitor.state.verdict import Level, Verdict, VerdictReason
from tests.monitor.builders import case, tick_record, treated
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

SCREENING_WATCH = "screening/preferred_term/dvt/act"


def clot_cases(count: int, arm: str = "A") -> list:
    """The first *count* subjects of an arm have a clot, one a day from day 11."""
    return [case(f"{arm}c{n}", f"{arm}{n}", 10 + n) for n in range(1, count + 1)]


def clot_trial(watch: str, count: int, **options: str) -> Trial:
    """Ten subjects an arm, *count* clots on active, and a watch of them."""
    return trial(
        plan_of(watch, **options),
        *two_arms(10),
        tick_record(10),
        *clot_cases(count),
        tick_record(30),
    )


REASONS: dict[VerdictReason, Callable[[], tuple[Trial, str]]] = {
    VerdictReason.NO_EVENTS: lambda: (clot_trial(reference_watch(), 0), "clots"),
    VerdictReason.NO_PERSON_TIME: lambda: (trial_without_controls(), "clots"),
    VerdictReason.TOO_FEW_EVENTS: lambda: (
        clot_trial(reference_watch(minimum_events=3), 2),
        "clots",
    ),
    VerdictReason.BELOW_WATCH: lambda: (clot_trial(concurrent_watch(), 2), "clots"),
    VerdictReason.BELOW_BOUNDARY: lambda: (clot_trial(reference_watch(), 1), "clots"),
    VerdictReason.CROSSED: lambda: (clot_trial(reference_watch(), 2), "clots"),
    VerdictReason.NOT_REJECTED: lambda: (clot_trial(concurrent_watch(tier=3), 2), SCREENING_WATCH),
    VerdictReason.REJECTED: lambda: (clot_trial(concurrent_watch(tier=3), 6), SCREENING_WATCH),
    VerdictReason.NOT_JUDGED: lambda: (clot_trial(concurrent_watch(tier=3), 6), "clots"),
}
LEVELS = {
    VerdictReason.BELOW_BOUNDARY: Level.WATCH,
    VerdictReason.CROSSED: Level.SIGNAL,
    VerdictReason.REJECTED: Level.SIGNAL,
}
"""The reasons whose level is not quiet."""


def trial_without_controls() -> Trial:
    """A trial in which no subject is on control yet."""
    on_active = [treated(f"A{n}", "act", 0) for n in range(1, 11)]
    return trial(plan_of(concurrent_watch()), *on_active, *clot_cases(6), tick_record(30))


@pytest.mark.parametrize("reason", VerdictReason)
def test_every_reason_is_reached(reason: VerdictReason):
    """A reason that no study can reach would be dead code."""
    scenario, name = REASONS[reason]()

    verdict = scenario.watch_summary(name).verdict

    assert verdict.reason is reason
    assert verdict.level is LEVELS.get(reason, Level.QUIET)


@pytest.mark.parametrize("reason", VerdictReason)
def test_a_verdict_raises_an_alert_at_its_level(reason: VerdictReason):
    """A quiet reason raises nothing; any other raises an alert at its level."""
    scenario, name = REASONS[reason]()
    levels = [level for watch, level, _ in scenario.raised if watch == name]

    assert levels[-1:] == ([LEVELS[reason].word] if reason in LEVELS else [])


def test_a_signal_needs_the_minimum_of_events():
    """The third event raises the signal that two events could not."""
    scenario = clot_trial(reference_watch(minimum_events=3), 2)
    assert exp(scenario.log_e_value()) > 20
    assert scenario.raised == []

    scenario.submit(case("c3", "A9", 31))

    assert scenario.raised == [("clots", "signal", 1)]


def test_an_event_with_one_arm_empty_is_no_evidence():
    """An open extension adds nothing to a comparison: E stays exactly one."""
    scenario = trial_without_controls()

    assert scenario.log_e_value() == 0.0
    assert scenario.watch_summary().treatment_events == 0
    assert scenario.row().cell.events == 6


def test_events_on_control_lower_the_evidence():
    """E falls below one, and the watch is quiet at any number of such events."""
    scenario = trial(
        plan_of(concurrent_watch()),
        *two_arms(10),
        tick_record(10),
        *clot_cases(8, "C"),
        tick_record(30),
    )

    assert scenario.log_e_value() < -1
    assert scenario.watch_summary().verdict == Verdict(
        Level.QUIET, VerdictReason.BELOW_WATCH, scenario.log_e_value()
    )
    assert (scenario.watch_summary().treatment_events, scenario.watch_summary().control_events) == (
        0,
        8,
    )


def test_only_the_first_event_of_a_subject_is_tested():
    """Eleven clots of one subject are one first event."""
    repeated = [case(f"again{n}", "A1", 12 + n) for n in range(10)]
    single = clot_trial(concurrent_watch(), 1)
    multiple = clot_trial(concurrent_watch(), 1)
    multiple.submit(*repeated, tick_record(40))
    single.submit(tick_record(40))

    assert multiple.counts() == (1, 11)
    assert multiple.log_e_value() == pytest.approx(single.log_e_value(), abs=1e-12)


def test_the_boundary_is_one_over_alpha_times_share():
    """A fifth of alpha 0.05 gives a boundary of 100."""
    scenario = clot_trial(concurrent_watch(share=0.2), 6)

    assert 20 < exp(scenario.log_e_value()) < 100
    assert scenario.watch_summary().verdict.reason is VerdictReason.BELOW_BOUNDARY
    assert scenario.watch_summary().watch.signal_level(scenario.study.plan.alpha) == pytest.approx(
        100
    )
