"""Where a watch stands and why: every ground can be reached, and each is what it says."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import pytest

from monitor.state.verdict import Level, Verdict, VerdictReason
from tests.monitor.builders import case, tick_record, treated
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms

SCREENING_WATCH = "screening/preferred_term/DVT/act"


def clot_cases(count: int, arm: str = "A") -> list:
    """The first *count* patients of an arm have a clot, one a day from day 11."""
    return [case(f"{arm}c{n}", f"{arm}{n}", 10 + n) for n in range(1, count + 1)]


def clot_trial(watch: str, count: int, **said: str) -> Trial:
    """Ten patients an arm, *count* clots on active, and a watch of them."""
    return trial(
        plan_of(watch, **said), *two_arms(10), tick_record(10), *clot_cases(count), tick_record(30)
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
"""The grounds that are not quiet."""


def trial_without_controls() -> Trial:
    """A trial in which the control arm has not begun."""
    begun = [treated(f"A{n}", "act", 0) for n in range(1, 11)]
    return trial(plan_of(concurrent_watch()), *begun, *clot_cases(6), tick_record(30))


@pytest.mark.parametrize("ground", VerdictReason)
def test_every_ground_is_reached(ground: VerdictReason):
    """A reason that no study can give would be a promise to nobody."""
    found, name = REASONS[ground]()

    verdict = found.watch_summary(name).verdict

    assert verdict.reason is ground
    assert verdict.level is LEVELS.get(ground, Level.QUIET)


@pytest.mark.parametrize("ground", VerdictReason)
def test_a_verdict_rings_what_it_says(ground: VerdictReason):
    """Quiet grounds ring nothing; of those that are judged, the others ring at their level."""
    found, name = REASONS[ground]()
    rung = [level for watch, level, _ in found.raised if watch == name]

    assert rung[-1:] == ([LEVELS[ground].word] if ground in LEVELS else [])


def test_too_few_events_hold_a_signal_back_until_the_last_of_them():
    """The third event rings what two could not."""
    found = clot_trial(reference_watch(minimum_events=3), 2)
    assert exp(found.log_e_value()) > 20
    assert found.raised == []

    found.submit(case("c3", "A9", 31))

    assert found.raised == [("clots", "signal", 1)]


def test_an_event_with_one_arm_empty_is_no_evidence():
    """An open extension adds nothing to a comparison: E stays exactly one."""
    found = trial_without_controls()

    assert found.log_e_value() == 0.0
    assert found.watch_summary().treatment_events == 0
    assert found.row().cell.events == 6


def test_events_on_control_speak_for_the_treatment():
    """E falls below one, and stays quiet whatever their number."""
    found = trial(
        plan_of(concurrent_watch()),
        *two_arms(10),
        tick_record(10),
        *clot_cases(8, "C"),
        tick_record(30),
    )

    assert found.log_e_value() < -1
    assert found.watch_summary().verdict == Verdict(
        Level.QUIET, VerdictReason.BELOW_WATCH, found.log_e_value()
    )
    assert (found.watch_summary().treatment_events, found.watch_summary().control_events) == (0, 8)


def test_only_the_first_event_of_a_subject_is_tested():
    """Ten clots of one patient are one."""
    again = [case(f"again{n}", "A1", 12 + n) for n in range(10)]
    here = clot_trial(concurrent_watch(), 1)
    there = clot_trial(concurrent_watch(), 1)
    there.submit(*again, tick_record(40))
    here.submit(tick_record(40))

    assert there.counts() == (1, 11)
    assert there.log_e_value() == pytest.approx(here.log_e_value(), abs=1e-12)


def test_the_boundary_is_one_over_alpha_times_share():
    """A fifth of alpha 0.05 asks for 100."""
    found = clot_trial(concurrent_watch(share=0.2), 6)

    assert 20 < exp(found.log_e_value()) < 100
    assert found.watch_summary().verdict.reason is VerdictReason.BELOW_BOUNDARY
    assert found.watch_summary().watch.signal_level(found.study.plan.alpha) == pytest.approx(100)
