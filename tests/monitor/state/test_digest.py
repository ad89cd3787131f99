"""Names that are computed: of an alert, and of a whole state."""

from __future__ import annotations

from alerts.alert import alert_id
from monitor.state.digest import state_digest
from tests.monitor.builders import STUDY, case, tick_record
from tests.monitor.small_plans import plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms


def folded_trial(*records, watches: tuple[str, ...] = (), **said: str) -> Trial:
    """Four patients an arm, *records*, and a look on day 100."""
    return trial(plan_of(*watches, **said), *two_arms(4), *records, tick_record(100))


def test_an_alert_is_named_after_study_watch_and_episode():
    """Saying it twice says it once; the name is the same in every replay for good."""
    found, again = (
        folded_trial(case("c1", "A1", 3), watches=(reference_watch(),)) for _ in range(2)
    )

    (alert,) = found.alerts
    assert alert == again.alerts[0]
    assert alert.id == alert_id(STUDY, "clots", 1) == "d310e1536f8babd2f8e18bad"
    assert len({alert_id(*name) for name in (("T1", "clots", 2), ("T2", "clots", 1))}) == 2


def test_names_do_not_run_into_each_other():
    """The parts of a name are kept apart: `ab` of `c` is not `a` of `bc`."""
    assert alert_id("ab", "c", 1) != alert_id("a", "bc", 1)


def test_an_alert_says_which_record_rang_it_and_by_which_plan():
    """Line, thing, version, day and plan: enough to find it again in the log."""
    found = folded_trial(case("c1", "A1", 3), watches=(reference_watch(),))
    (alert,) = found.alerts

    assert (alert.line, alert.thing, alert.version) == (18, "safety/c1", 1)
    assert alert.plan_sha256 == found.study.plan.sha256
    assert float(f"{alert.e_value:.6g}") == alert.e_value
    assert found.submit(case("c1", "A1", 3)).alerts == ()


def test_the_digest_is_that_of_the_state_and_not_of_the_way():
    """Two orders of one log, one digest; one more record, another."""
    records = [case("c1", "A1", 3), case("c2", "C1", 4)]
    here, there = folded_trial(*records), folded_trial(*reversed(records))

    assert state_digest(here.study) == state_digest(there.study)
    there.submit(records[0]._replace(entity_id="safety/c3"))
    assert state_digest(here.study) != state_digest(there.study)
