"""A look at the past until a day of onset raises nothing that happened after that day."""

from __future__ import annotations

import pytest

from monitor.records import Disposition, Status
from tests.alerts.case_rule_trials import DEATHS_RULE, FATAL, case_alerts, plan_with_rules
from tests.monitor.builders import case, day, record
from tests.monitor.trial import Trial, trial, two_arms


def looked_back(until: int) -> Trial:
    """A trial of which only events with an onset by day *until* count."""
    scenario = trial(plan_with_rules(DEATHS_RULE))
    scenario.study.onset_horizon = scenario.study.horizon = day(until)
    scenario.submit(*two_arms(2))
    return scenario


@pytest.mark.parametrize(("until", "rings"), [(9, False), (10, True)])
def test_a_death_rings_only_where_its_onset_is_by_the_day(until: int, rings: bool):
    """The rule asks for the onset, as the tables do."""
    scenario = looked_back(until)
    scenario.submit(case("c1", "A1", 10, **FATAL, serious=True))

    assert bool(case_alerts(scenario)) is rings


@pytest.mark.parametrize(("until", "rings"), [(9, False), (10, True)])
def test_a_death_told_by_a_disposition_rings_only_by_the_day(until: int, rings: bool):
    """The date of the disposition is the day of the death."""
    scenario = looked_back(until)
    died = Disposition(subject="A1", status=Status.DIED, date=day(10))
    scenario.submit(record(died, "edc/end-A1", known=10))

    assert bool(case_alerts(scenario)) is rings
