"""Circles of retractions and of merges are refused, of whatever length and order."""

from __future__ import annotations

from itertools import permutations

import pytest

from monitor.errors import Reason
from monitor.records import Record
from tests.monitor.builders import case, merged, retracted, tick_record
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, trial, two_arms

RETRACTIONS = [
    retracted("r1", "safety/r2"),
    retracted("r2", "safety/r3"),
    retracted("r3", "safety/r1"),
]
CASES = [
    merged("m1", "case", "safety/c1", "safety/c2"),
    merged("m2", "case", "safety/c2", "safety/c3"),
    merged("m3", "case", "safety/c3", "safety/c1"),
]
SUBJECTS = [
    merged("m1", "subject", "A1", "A2"),
    merged("m2", "subject", "A2", "A3"),
    merged("m3", "subject", "A3", "A1"),
]
CIRCLES = {"retractions": RETRACTIONS, "cases": CASES, "subjects": SUBJECTS}


def circle_trial() -> Trial:
    """Three subjects an arm, each on treatment with one case."""
    cases = [case(f"c{number}", f"A{number}", 3) for number in (1, 2, 3)]
    return trial(plan_of(), *two_arms(3), *cases, tick_record(100))


def refusals(scenario: Trial, records: tuple[Record, ...]) -> list[Reason | None]:
    """Why each of *records* was refused, None where it was not."""
    results = [scenario.submit(record) for record in records]
    return [result.refusal and result.refusal.reason for result in results]


@pytest.mark.parametrize("order", [*permutations(range(3))])
@pytest.mark.parametrize("name", CIRCLES)
def test_the_third_of_a_circle_of_three_is_refused(name: str, order: tuple[int, ...]):
    """Whichever comes last closes it; the first two hold."""
    scenario = circle_trial()
    records = tuple(CIRCLES[name][index] for index in order)

    assert refusals(scenario, records) == [None, None, Reason.MERGE_CYCLE]
    assert scenario.counts()[0] == (3 if name == "retractions" else 1)


@pytest.mark.parametrize(
    "record", [retracted("r1", "safety/r1"), merged("m1", "case", "safety/c1", "safety/c1")]
)
def test_a_record_that_names_itself_is_a_circle_of_one(record: Record):
    """It would void itself, or count nowhere."""
    assert refusals(circle_trial(), (record,)) == [Reason.MERGE_CYCLE]


def test_three_retractions_in_a_row_are_no_circle():
    """The first of them holds, so the second is void and the third holds again."""
    scenario = circle_trial()
    chain = (
        retracted("r1", "safety/c1"),
        retracted("r2", "safety/r1"),
        retracted("r3", "safety/r2"),
    )

    assert refusals(scenario, chain) == [None, None, None]
    assert scenario.counts() == (2, 2)
