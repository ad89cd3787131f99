"""Which records are looks at a watch: those that its evidence may rise by, and ticks."""

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


def looks_caused_by(found: Trial, *records: Record) -> int:
    """How often a watch was judged because of *records*."""
    before = found.study.evaluation_count
    found.submit(*records)
    return found.study.evaluation_count - before


def test_an_event_on_control_is_no_look_at_a_watch_whose_evidence_is_too_weak():
    """It can only weaken it.  One on active is a look, and so is the watch's very first event."""
    for plan in (AS_TREATED, AS_RANDOMISED):
        found = trial(plan, *two_arms(5), tick_record(10))

        # Two watches: the plan's, and that of the organ class.
        assert looks_caused_by(found, case("c1", "C1", 11)) == 2
        assert looks_caused_by(found, case("c2", "C2", 12)) == 0
        assert looks_caused_by(found, case("a1", "A1", 13)) == 2
        assert looks_caused_by(found, tick_record(14)) == 2


def test_an_event_that_moves_is_a_look_on_whichever_arm():
    """On its new day the subject may meet another risk set, and evidence rise."""
    found = trial(AS_TREATED, *two_arms(5), case("c1", "C1", 20), case("c2", "C2", 21))

    assert looks_caused_by(found, case("c2", "C2", 15, version=2, known=22)) == 2
    assert looks_caused_by(found, case("c3", "C2", 9, known=23)) == 2


def test_a_watch_that_stands_above_quiet_is_looked_at_whoever_has_the_event():
    """An event on control may bring it down again."""
    found = trial(AS_TREATED, *two_arms(9), *(case(f"a{n}", f"A{n}", 10 + n) for n in range(1, 9)))
    assert found.raised

    assert looks_caused_by(found, case("c1", "C1", 30)) == 2


@given(
    starts=st.lists(DAYS, min_size=8, max_size=8),
    onsets=st.lists(st.tuples(st.integers(0, 6), DAYS), max_size=10),
    new=DAYS,
)
def test_an_event_off_the_arm_never_raises_evidence(
    starts: list[int], onsets: list[tuple[int, int]], new: int
):
    """Whoever came when, had which events, and whenever the new one was: the e-value falls."""
    names = [f"{'CA'[number % 2]}{number}" for number in range(8)]
    enrolled = [
        record
        for name, start in zip(names, starts, strict=True)
        for record in (allocated(name, ARMS[name[0]]), treated(name, ARMS[name[0]], start))
    ]
    cases = [case(f"c{n}", names[who], onset, known=90) for n, (who, onset) in enumerate(onsets)]
    found = trial(AS_TREATED, *enrolled, *cases, tick_record(90))
    found.submit(allocated("C9", "ctl"), treated("C9", "ctl", 0), tick_record(91))
    before = found.log_e_value("clots") if cases else inf
    found.submit(case("new", "C9", new, known=91))

    assert found.log_e_value("clots") <= before + 1e-12
