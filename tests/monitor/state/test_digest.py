"""Names that are computed: of an alert, and of a whole state."""

from __future__ import annotations

from alerts.alert import alert_id
from monitor.state.digest import digest
from tests.monitor.builders import STUDY, case, ticked
from tests.monitor.small_plans import against_rate, plan_of
from tests.monitor.trial import Trial, arms, trial


def told(*records, watches: tuple[str, ...] = (), **said: str) -> Trial:
    """Four patients an arm, *records*, and a look on day 100."""
    return trial(plan_of(*watches, **said), *arms(4), *records, ticked(100))


def test_an_alert_is_named_after_study_watch_and_episode():
    """Saying it twice says it once; the name is the same in every replay for good."""
    found, again = (told(case("c1", "A1", 3), watches=(against_rate(),)) for _ in range(2))

    (alert,) = found.alerts
    assert alert == again.alerts[0]
    assert alert.id == alert_id(STUDY, "clots", 1) == "d310e1536f8babd2f8e18bad"
    assert len({alert_id(*name) for name in (("T1", "clots", 2), ("T2", "clots", 1))}) == 2


def test_names_do_not_run_into_each_other():
    """The parts of a name are kept apart: `ab` of `c` is not `a` of `bc`."""
    assert alert_id("ab", "c", 1) != alert_id("a", "bc", 1)


def test_an_alert_says_which_record_rang_it_and_by_which_plan():
    """Line, thing, version, day and plan: enough to find it again in the log."""
    found = told(case("c1", "A1", 3), watches=(against_rate(),))
    (alert,) = found.alerts

    assert (alert.line, alert.thing, alert.version) == (18, "safety/c1", 1)
    assert alert.plan_sha256 == found.study.plan.sha256
    assert float(f"{alert.e_value:.6g}") == alert.e_value
    assert found.tell(case("c1", "A1", 3)).alerts == ()


def test_the_digest_is_that_of_the_state_and_not_of_the_way():
    """Two orders of one log, one digest; one more record, another."""
    records = [case("c1", "A1", 3), case("c2", "C1", 4)]
    here, there = told(*records), told(*reversed(records))

    assert digest(here.study) == digest(there.study)
    there.tell(records[0]._replace(thing="safety/c3"))
    assert digest(here.study) != digest(there.study)
