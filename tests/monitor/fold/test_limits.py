"""Beyond its limits a study refuses new entities with a reason, and goes on."""

from __future__ import annotations

import pytest

from monitor.errors import Reason
from monitor.records import Record
from monitor.state.limits import StudyLimits
from tests.monitor.builders import case, dosed, merged, retracted, treated, withdrawn
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, trial, two_arms

FULL = StudyLimits(cases=2, administrations=1, facts=2, entities=100)


def full_study(limits: StudyLimits = FULL) -> Trial:
    """A study in which subject A1 has as many records as it may."""
    scenario = trial(plan_of(), *two_arms(2), case("c1", "A1", 3), case("c2", "A1", 4))
    scenario.submit(dosed("A1", 1, 1))
    scenario.study.limits = limits
    return scenario


@pytest.mark.parametrize(
    "record",
    [
        case("c3", "A1", 5),
        dosed("A1", 2, 2),
        treated("A1", "act", 9),
        withdrawn("A1", 9),
        merged("m1", "subject", "A2", "A1"),
    ],
)
def test_a_full_subject_refuses_a_new_entity(record: Record):
    """The record is refused with its reason, and other subjects go on."""
    scenario = full_study(StudyLimits(cases=2, administrations=1, facts=1, entities=100))
    refused = scenario.submit(record)

    assert refused.refusal is not None and refused.refusal.reason is Reason.SUBJECT_FULL
    assert scenario.submit(case("other", "A2", 5)).refusal is None


def test_a_full_subject_accepts_a_version_of_what_it_has():
    """A follow-up, a retraction and a case after it do not exceed the limit."""
    scenario = full_study()

    assert scenario.submit(case("c1", "A1", 5, version=2)).refusal is None
    assert scenario.submit(retracted("r1", "safety/c1")).refusal is None
    assert scenario.submit(case("c3", "A1", 6)).refusal is None
    assert scenario.counts() == (1, 2)


def test_a_full_study_refuses_a_new_entity_and_accepts_versions_and_retractions():
    """Corrections and plans always get through."""
    scenario = full_study()
    held = len(scenario.study.entities.by_id)
    scenario.study.limits = StudyLimits(entities=held)
    refused = scenario.submit(case("c9", "A2", 5))

    assert refused.refusal is not None and refused.refusal.reason is Reason.STUDY_FULL
    assert scenario.submit(case("c2", "A1", 5, version=2)).refusal is None
    assert scenario.submit(retracted("r1", "safety/c1")).refusal is None
