"""Tier 2: every other term, judged together by e-BH on the evidence of now."""

from __future__ import annotations

from math import exp

from monitor.evidence.summary import standings
from monitor.state.verdict import Ground, Level
from tests.monitor.builders import case, planned, retracted, ticked
from tests.monitor.small_plans import against_rate, between_arms, plan_of
from tests.monitor.trial import Trial, arms, trial

DVT, VASC = (f"screening/{name}/act" for name in ("preferred_term/DVT", "system_organ_class/VASC"))


def clots(count: int, *watches: str) -> Trial:
    """Ten patients an arm and *count* clots on active; tier 2 sees a term and its organ class."""
    cases = [case(f"c{n}", f"A{n}", 10 + n) for n in range(1, count + 1)]
    return trial(plan_of(*watches), *arms(10), ticked(10), *cases)


def others(count: int) -> list:
    """*count* other terms, each seen once, all in one other organ class."""
    return [case(f"o{n}", "A9", 20, f"Term {n}", organ="OTHER") for n in range(count)]


def ground(found: Trial, name: str = DVT) -> Ground:
    """Why the watch called *name* stands where it stands."""
    return found.watch(name).verdict.ground


def test_a_plan_may_do_without():
    """Every term is counted as ever, and none is judged that the plan does not name."""
    off, cases = (
        "[screening]\nenabled = false",
        [case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 7)],
    )
    without = trial(plan_of(more=off), *arms(10), ticked(10), *cases, ticked(30))

    assert standings(without.study) == [] and without.rang == []
    assert without.counts() == clots(6).counts() == (6, 6)


def test_two_of_two_terms_need_an_e_of_ten():
    """K = 2: the term and its class, with the same events, are rejected together."""
    four, five = clots(4), clots(5)

    assert exp(four.evidence(DVT)) < 10 < exp(five.evidence(DVT))
    assert four.rang == []
    assert five.rang == [(DVT, "signal", 1), (VASC, "signal", 1)]


def test_a_rejected_term_stands_no_longer_when_many_others_appear():
    """E is 21: enough for two of 4 terms, not for two of 6; the alert stays and is not repeated."""
    found = clots(5)
    rang = found.rang
    value = exp(found.evidence(DVT))

    found.tell(*others(1), ticked(25))
    assert (ground(found), len(standings(found.study))) == (Ground.REJECTED, 4)
    found.tell(*others(3), ticked(26))

    assert exp(found.evidence(DVT)) == value
    assert len(standings(found.study)) == 6
    assert (ground(found), ground(found, VASC)) == (Ground.NOT_REJECTED, Ground.NOT_REJECTED)
    assert found.study.episodes[DVT].level is Level.SIGNAL
    assert found.rang == rang


def test_a_term_that_is_rejected_again_does_not_ring_twice():
    """More clots bring the evidence back over the higher bar: the alert is already there."""
    found = clots(5)
    found.tell(*others(4), ticked(26))
    rang = found.rang
    assert ground(found) is Ground.NOT_REJECTED

    found.tell(case("c6", "A6", 26), case("c7", "A7", 27))

    assert ground(found) is Ground.REJECTED
    assert found.rang == rang


def test_a_term_that_disappears_makes_room():
    """K shrinks with a retraction: what was not rejected is, and rings with the retraction."""
    found = trial(plan_of(), *arms(10), ticked(10), *others(4))
    found.tell(*(case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 6)))
    assert (found.rang, ground(found)) == ([], Ground.NOT_REJECTED)

    for number in range(4):
        found.tell(retracted(f"r{number}", f"safety/o{number}"))

    assert ground(found) is Ground.REJECTED
    assert {alert.watch for alert in found.alerts} == {DVT, VASC}
    assert {alert.thing for alert in found.alerts} == {"safety/r2"}


def test_a_term_under_a_tier_1_comparison_is_not_screened_too():
    """It would be tested twice; its organ class still is."""
    found = clots(5, between_arms())

    assert {one.watch.id for one in standings(found.study)} == {"clots", VASC}


def test_a_term_under_a_reference_watch_is_screened_all_the_same():
    """A rate and a comparison are two questions."""
    found = clots(1, against_rate())

    assert {one.watch.id for one in standings(found.study)} == {"clots", DVT, VASC}


def test_a_term_seen_only_outside_the_screened_period_is_none_of_the_k():
    """Nobody had it where the arms are compared: it neither stands nor raises the bar."""
    found = trial(plan_of(), *arms(2, end=20), ticked(10))
    found.tell(case("c1", "A1", 30), ticked(40))

    assert standings(found.study) == []
    assert found.findings == {"not_treatment_emergent": 1}


def test_an_amendment_leaves_the_set_as_a_fresh_study_would_have_it():
    """Everything is counted anew, so K and the strong are too."""
    found = clots(5)
    found.tell(*others(4))
    found.tell(planned(plan_of(window=3), version=2), ticked(30))
    fresh = trial(plan_of(window=3), *arms(10), *others(4))
    fresh.tell(*(case(f"c{n}", f"A{n}", 10 + n) for n in range(1, 6)), ticked(30))

    assert (found.study.screened, {watch.id for watch in found.study.strong}) == (7, {DVT, VASC})
    assert [(one.watch.id, one.verdict.ground) for one in standings(found.study)] == [
        (one.watch.id, one.verdict.ground) for one in standings(fresh.study)
    ]
