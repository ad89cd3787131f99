"""Which records cause a look at a watch: those that may raise its evidence, and ticks."""

from __future__ import annotations

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from monitor.records import Record
from tests.monitor.builders import allocated, case, tick_record, treated
from tests.monitor.small_plans import concurrent_watch, plan_of
from tests.monitor.trial import Trial, trial, two_arms

AS_TREATED, AS_RANDOMISED = (
    plan_of(concurrent_watch(analysis=analysis)) for analysis in ("as_treated", "as_randomised")
)
ARMS = {"A": "act", "C": "ctl"}
DAYS = st.integers(0, 40)


def looks_caused_by(scenario: Trial, *records: Record) -> int:
    """The number of watch evaluations that *records* cause."""
    before = scenario.study.evaluation_count
    scenario.submit(*records)
    return scenario.study.evaluation_count - before


def test_an_event_on_control_is_no_look_at_a_quiet_watch():
    """It can only lower the evidence; an event on active, or the very first event, is a look."""
    for plan in (AS_TREATED, AS_RANDOMISED):
        scenario = trial(plan, *two_arms(5), tick_record(10))

        # Two watches: the plan's and the screening watch of the organ class.
        assert looks_caused_by(scenario, case("c1", "C1", 11)) == 2
        assert looks_caused_by(scenario, case("c2", "C2", 12)) == 0
        assert looks_caused_by(scenario, case("a1", "A1", 13)) == 2
        assert looks_caused_by(scenario, tick_record(14)) == 2


def test_an_event_that_moves_is_a_look_on_any_arm():
    """On its new day the risk set may differ, so the evidence may rise."""
    scenario = trial(AS_TREATED, *two_arms(5), case("c1", "C1", 20), case("c2", "C2", 21))

    assert looks_caused_by(scenario, case("c2", "C2", 15, version=2, known=22)) == 2
    assert looks_caused_by(scenario, case("c3", "C2", 9, known=23)) == 2


def test_an_event_on_any_arm_is_a_look_at_a_watch_above_quiet():
    """An event on control may lower its level."""
    scenario = trial(
        AS_TREATED, *two_arms(9), *(case(f"a{n}", f"A{n}", 10 + n) for n in range(1, 9))
    )
    assert scenario.raised

    assert looks_caused_by(scenario, case("c1", "C1", 30)) == 2


@given(
    starts=st.lists(DAYS, min_size=8, max_size=8),
    onsets=st.lists(st.tuples(st.integers(0, 6), DAYS), max_size=10),
    new=DAYS,
)
def test_an_event_on_control_never_raises_the_evidence(
    starts: list[int], onsets: list[tuple[int, int]], new: int
):
    """For any enrolment and any events, an event on control lowers the e-value or keeps it."""
    names = [f"{'CA'[number % 2]}{number}" for number in range(8)]
    enrolled = [
        record
        for name, start in zip(names, starts, strict=True)
        for record in (allocated(name, ARMS[name[0]]), treated(name, ARMS[name[0]], start))
    ]
    cases = [case(f"c{n}", names[who], onset, known=90) for n, (who, onset) in enumerate(onsets)]
    scenario = trial(AS_TREATED, *enrolled, *cases, tick_record(90))
    scenario.submit(allocated("C9", "ctl"), treated("C9", "ctl", 0), tick_record(91))
    before = scenario.log_e_value("clots") if cases else inf
    scenario.submit(case("new", "C9", new, known=91))

    assert scenario.log_e_value("clots") <= before + 1e-12
