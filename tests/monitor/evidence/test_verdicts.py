"""Where a watch stands and why: every ground can be reached, and each is what it says."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import pytest

from monitor.state.verdict import Ground, Level, Verdict
from tests.monitor.builders import case, ticked, treated
from tests.monitor.small_plans import against_rate, between_arms, plan_of
from tests.monitor.trial import Trial, arms, trial

SCREENED = "screening/preferred_term/DVT/act"


def clots(count: int, arm: str = "A") -> list:
    """The first *count* patients of an arm have a clot, one a day from day 11."""
    return [case(f"{arm}c{n}", f"{arm}{n}", 10 + n) for n in range(1, count + 1)]


def seen(watch: str, count: int, **said: str) -> Trial:
    """Ten patients an arm, *count* clots on active, and a watch of them."""
    return trial(plan_of(watch, **said), *arms(10), ticked(10), *clots(count), ticked(30))


GROUNDS: dict[Ground, Callable[[], tuple[Trial, str]]] = {
    Ground.NO_EVENTS: lambda: (seen(against_rate(), 0), "clots"),
    Ground.NO_PERSON_TIME: lambda: (alone(), "clots"),
    Ground.TOO_FEW_EVENTS: lambda: (seen(against_rate(minimum_events=3), 2), "clots"),
    Ground.BELOW_WATCH: lambda: (seen(between_arms(), 2), "clots"),
    Ground.BELOW_BOUNDARY: lambda: (seen(against_rate(), 1), "clots"),
    Ground.CROSSED: lambda: (seen(against_rate(), 2), "clots"),
    Ground.NOT_REJECTED: lambda: (seen(between_arms(tier=3), 2), SCREENED),
    Ground.REJECTED: lambda: (seen(between_arms(tier=3), 6), SCREENED),
    Ground.NOT_JUDGED: lambda: (seen(between_arms(tier=3), 6), "clots"),
}
LEVELS = {
    Ground.BELOW_BOUNDARY: Level.WATCH,
    Ground.CROSSED: Level.SIGNAL,
    Ground.REJECTED: Level.SIGNAL,
}
"""The grounds that are not quiet."""


def alone() -> Trial:
    """A trial in which the control arm has not begun."""
    begun = [treated(f"A{n}", "act", 0) for n in range(1, 11)]
    return trial(plan_of(between_arms()), *begun, *clots(6), ticked(30))


@pytest.mark.parametrize("ground", Ground)
def test_every_ground_is_reached(ground: Ground):
    """A reason that no study can give would be a promise to nobody."""
    found, name = GROUNDS[ground]()

    verdict = found.watch(name).verdict

    assert verdict.ground is ground
    assert verdict.level is LEVELS.get(ground, Level.QUIET)


@pytest.mark.parametrize("ground", Ground)
def test_a_verdict_rings_what_it_says(ground: Ground):
    """Quiet grounds ring nothing; of those that are judged, the others ring at their level."""
    found, name = GROUNDS[ground]()
    rung = [level for watch, level, _ in found.rang if watch == name]

    assert rung[-1:] == ([LEVELS[ground].word] if ground in LEVELS else [])


def test_too_few_events_hold_a_signal_back_until_the_last_of_them():
    """The third event rings what two could not."""
    found = seen(against_rate(minimum_events=3), 2)
    assert exp(found.evidence()) > 20
    assert found.rang == []

    found.tell(case("c3", "A9", 31))

    assert found.rang == [("clots", "signal", 1)]


def test_an_event_with_one_arm_empty_is_no_evidence():
    """An open extension adds nothing to a comparison: E stays exactly one."""
    found = alone()

    assert found.evidence() == 0.0
    assert found.watch().events == 0
    assert found.row().cell.events == 6


def test_events_on_control_speak_for_the_treatment():
    """E falls below one, and stays quiet whatever their number."""
    found = trial(plan_of(between_arms()), *arms(10), ticked(10), *clots(8, "C"), ticked(30))

    assert found.evidence() < -1
    assert found.watch().verdict == Verdict(Level.QUIET, Ground.BELOW_WATCH, found.evidence())
    assert (found.watch().events, found.watch().control_events) == (0, 8)


def test_only_the_first_event_of_a_subject_is_tested():
    """Ten clots of one patient are one."""
    again = [case(f"again{n}", "A1", 12 + n) for n in range(10)]
    here = seen(between_arms(), 1)
    there = seen(between_arms(), 1)
    there.tell(*again, ticked(40))
    here.tell(ticked(40))

    assert there.counts() == (1, 11)
    assert there.evidence() == pytest.approx(here.evidence(), abs=1e-12)


def test_the_boundary_is_one_over_alpha_times_share():
    """A fifth of alpha 0.05 asks for 100."""
    found = seen(between_arms(share=0.2), 6)

    assert 20 < exp(found.evidence()) < 100
    assert found.watch().verdict.ground is Ground.BELOW_BOUNDARY
    assert found.watch().watch.signal_level(found.study.plan.alpha) == pytest.approx(100)
