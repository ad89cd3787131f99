"""What a correction takes from a subject is checked at that subject too, not only at the other."""

from __future__ import annotations

from typing import Any

import pytest

from monitor.records import Disposition, Outcome, Record, Status
from tests.alerts.case_rule_trials import (
    FATAL,
    case_alerts,
    finding_alerts,
    folded_trial,
    plan_with_rules,
    rules_trial,
)
from tests.monitor.builders import case, day, record, tick_record, treated

FATAL_CASE = case("c1", "A1", 9, **FATAL, serious=True)
DIED = record(Disposition(subject="A1", status=Status.DIED, date=day(9)), "edc/end", known=9)


def follow_up(who: str, **fields: Any) -> Record:
    """Version 2 of the fatal case, of the subject *who*."""
    return case("c1", who, 9, version=2, known=12, serious=True, **fields)


@pytest.mark.parametrize(
    "correction",
    [follow_up("A1", outcome=Outcome.RECOVERED), follow_up("A2", **FATAL)],
    ids=["not fatal", "of another subject"],
)
def test_a_death_whose_case_is_corrected_is_told_by_its_disposition(correction: Record):
    """The case was wrong, the death is not; the same holds where no rule asks for deaths."""
    for order in ((FATAL_CASE, DIED), (FATAL_CASE, DIED, DIED)):
        scenario = rules_trial(*order, correction)
        assert ("deaths", "A1", "raise", 1) in case_alerts(scenario)

        scenario = rules_trial(*order, correction, rules=())
        assert ("death_without_case", "A1") in finding_alerts(scenario)


def test_a_follow_up_that_stays_fatal_tells_of_the_death():
    """It is one death with one alert."""
    scenario = rules_trial(FATAL_CASE, DIED, follow_up("A1", **FATAL))

    assert case_alerts(scenario) == [("deaths", "safety/c1", "raise", 1)]


def test_a_subject_that_loses_its_treatment_is_unallocated():
    """Its treatment was another's: from then on its case waits for an allocation."""
    records = (
        treated("S1", "act", 0, entity="edc/t"),
        case("c1", "S1", 9, known=10),
        treated("S2", "act", 0, entity="edc/t", version=2),
        tick_record(60),
    )

    assert finding_alerts(folded_trial(plan_with_rules(), *records)) == [
        ("unallocated", "safety/c1")
    ]


def test_a_subject_that_loses_its_first_treatment_had_the_event_before_it():
    """The earlier treatment was another's, so the event came before the first."""
    records = (
        treated("S1", "act", 0, 5, entity="edc/t1"),
        treated("S1", "act", 20, entity="edc/t2"),
        case("c1", "S1", 10, known=25),
        treated("S2", "act", 0, 5, entity="edc/t1", version=2),
    )

    assert finding_alerts(folded_trial(plan_with_rules(), *records)) == [
        ("onset_before_first_dose", "safety/c1")
    ]
