"""Single-case rules where everything is counted anew: amendments, merges, retractions."""

from __future__ import annotations

from alerts.alert import Kind
from tests.alerts.ringing_trial import (
    CLOTS,
    DEATHS,
    FATAL,
    cases,
    of_kind,
    ruled,
    told,
)
from tests.monitor.builders import (
    case,
    merged,
    planned,
    retracted,
)
from tests.monitor.small_plans import table


def test_a_rule_that_an_amendment_brings_rings_for_what_came_before():
    """It holds for all data; when each was received is not known any more, so no clock is shown."""
    found = told(case("c1", "A1", 3, **FATAL), case("c2", "C1", 4, **FATAL), rules=())
    assert cases(found) == []

    found.tell(planned(ruled(DEATHS), version=2))

    assert cases(found) == [
        ("deaths", "safety/c1", "raise", 1),
        ("deaths", "safety/c2", "raise", 1),
    ]
    assert {one.due for one in of_kind(found, Kind.CASE)} == {()}


def test_a_case_that_comes_back_to_life_meets_the_rule_that_came_meanwhile():
    """Void when the rule was made, and no longer void."""
    found = told(case("c1", "A1", 3, **FATAL), retracted("r1", "safety/c1"), rules=())
    found.tell(planned(ruled(DEATHS), version=2))
    assert cases(found) == []

    found.tell(retracted("r2", "safety/r1"))

    assert cases(found) == [("deaths", "safety/c1", "raise", 1)]


def test_a_merge_of_subjects_completes_a_pair():
    """The fall and the bleeding were two people's, and are one's."""
    group = table("groups.clots", both=[["Fall"], ["Bleeding"]], within_days=14)
    pair = case("c1", "A1", 3, "Fall"), case("c2", "A2", 9, "Bleeding")
    found = told(*pair, rules=(CLOTS,), groups=group)
    assert cases(found) == []

    found.tell(merged("m1", "subject", "A2", "A1"))

    assert cases(found) == [("clots", "safety/c2", "raise", 1)]
