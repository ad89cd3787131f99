"""Computed identifiers: the id of an alert and the digest of a state."""

from __future__ import annotations

from alerts.alert import alert_id
from monitor.state.digest import state_digest
from tests.monitor.builders import STUDY, case, tick_record
from tests.monitor.small_plans import plan_of, reference_watch
from tests.monitor.trial import Trial, trial, two_arms


def folded_trial(*records, watches: tuple[str, ...] = (), **options: str) -> Trial:
    """A trial with four subjects an arm and *records*, as of day 100."""
    return trial(plan_of(*watches, **options), *two_arms(4), *records, tick_record(100))


def test_an_alert_id_is_computed_from_study_watch_and_episode():
    """A second publication has the same id, and so has every replay."""
    scenario, replayed = (
        folded_trial(case("c1", "A1", 3), watches=(reference_watch(),)) for _ in range(2)
    )

    (alert,) = scenario.alerts
    assert alert == replayed.alerts[0]
    assert alert.id == alert_id(STUDY, "clots", 1) == "d310e1536f8babd2f8e18bad"
    assert len({alert_id(*name) for name in (("T1", "clots", 2), ("T2", "clots", 1))}) == 2


def test_the_parts_of_an_alert_id_are_separated():
    """The parts are separated before they are hashed: `ab` of `c` is not `a` of `bc`."""
    assert alert_id("ab", "c", 1) != alert_id("a", "bc", 1)


def test_an_alert_names_the_record_and_the_plan_that_raised_it():
    """Line, entity, version, day and plan are enough to find the record in the log."""
    scenario = folded_trial(case("c1", "A1", 3), watches=(reference_watch(),))
    (alert,) = scenario.alerts

    assert (alert.line, alert.thing, alert.version) == (18, "safety/c1", 1)
    assert alert.plan_sha256 == scenario.study.plan.sha256
    assert float(f"{alert.e_value:.6g}") == alert.e_value
    assert scenario.submit(case("c1", "A1", 3)).alerts == ()


def test_the_digest_does_not_depend_on_the_order_of_the_records():
    """Two orders of one log have one digest; one more record changes it."""
    records = [case("c1", "A1", 3), case("c2", "C1", 4)]
    in_order, reordered = folded_trial(*records), folded_trial(*reversed(records))

    assert state_digest(in_order.study) == state_digest(reordered.study)
    reordered.submit(records[0]._replace(entity_id="safety/c3"))
    assert state_digest(in_order.study) != state_digest(reordered.study)
