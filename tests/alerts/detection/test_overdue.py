"""Findings that a day brings: cases wait too long, sites say nothing; and what is kept out."""

from __future__ import annotations

import pytest

from alerts.alert import Kind
from tests.alerts.ringing_trial import at_site, findings, of_kind, ruled, rung
from tests.monitor.builders import (
    allocated,
    case,
    left,
    merged,
    planned,
    retracted,
    ticked,
    treated,
)
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, arms

WAITS = case("c1", "A9", 3, known=10)


def limited(*, wait: int = 30, silent: int = 60, **said: object) -> str:
    """A plan in which a case may *wait* and a site be *silent* for so many days."""
    toml = plan_of(**said)
    return toml.replace(
        "[limits]\n", f"[limits]\nunallocated_days = {wait}\nsilent_site_days = {silent}\n"
    )


def told(*records, **said: int) -> Trial:
    """Three patients an arm, whose site is not known, and *records*."""
    return rung(limited(**said), *arms(3), *records)


@pytest.mark.parametrize(("day", "is_found"), [(40, False), (41, True), (90, True)])
def test_a_case_that_waits_too_long_is_found_when_the_day_comes(day: int, is_found: bool):
    """Known on day 10, its subject unknown: on day 41 it has waited for more than thirty."""
    made = findings(told(WAITS, ticked(day)))

    assert made == ([("unallocated", "safety/c1")] if is_found else [])


def test_it_is_the_record_that_moves_the_day_which_finds_it():
    """Any record will do: here the report of somebody else's headache."""
    found = told(WAITS, ticked(40), case("c2", "A1", 41, "Headache"))
    (alert,) = of_kind(found, Kind.FINDING)

    assert (alert.thing, alert.about, alert.term) == ("safety/c2", "safety/c1", "DVT")


@pytest.mark.parametrize(
    "comes",
    [
        allocated("A9", "act"),
        treated("A9", "act", 0),
        retracted("r1", "safety/c1"),
        merged("m1", "subject", "A9", "A1"),
    ],
    ids=["allocation", "treatment", "void", "merged into one who is allocated"],
)
def test_what_no_longer_waits_is_not_found(comes):
    """What it waited for came in time."""
    assert findings(told(WAITS, comes, ticked(90))) == []


def test_a_case_waits_anew_where_its_allocation_was_void():
    """The days count from when it had to wait again."""
    back = retracted("r1", "edc/subject-A9")
    found = told(allocated("A9", "act"), WAITS, ticked(50), back, ticked(80))
    assert findings(found) == []

    found.tell(ticked(81))

    assert findings(found) == [("unallocated", "safety/c1")]


def test_an_amendment_that_allows_less_finds_what_waits_already():
    """It holds for all data from its record on."""
    found = told(WAITS, ticked(20))

    found.tell(planned(limited(wait=5), version=2))

    assert findings(found) == [("unallocated", "safety/c1")]


SITE = at_site("S1", "site 7", "act"), treated("S1", "act", 0)


@pytest.mark.parametrize(("day", "is_found"), [(79, False), (80, True), (400, True)])
def test_a_site_that_says_nothing_is_found_when_the_day_comes(day: int, is_found: bool):
    """Last heard of on day 20: on day 80 it has said nothing for sixty."""
    made = findings(told(*SITE, case("c1", "S1", 20), ticked(day)))

    assert made == ([("silent_site", "site 7 2020-01-21")] if is_found else [])


@pytest.mark.parametrize(
    "said",
    [
        case("c2", "S1", 4, "Headache", known=70),
        case("c1", "S1", 20, version=2, known=70),
        at_site("S1", "site 7", "act", version=2, known=70),
        at_site("S2", "site 7", known=70),
    ],
    ids=["case", "correction", "subject", "screened"],
)
def test_any_record_of_a_site_is_a_word_of_it(said):
    """Sixty days from the last, whatever it was."""
    found = told(*SITE, case("c1", "S1", 20), said, ticked(129))
    assert findings(found) == []

    found.tell(ticked(130))

    assert findings(found) == [("silent_site", "site 7 2020-03-11")]


def test_a_site_that_falls_silent_again_is_found_again():
    """Each silence is one finding, named after the last day on which it was heard of."""
    found = told(*SITE, ticked(100), case("c1", "S1", 20, known=101), ticked(150), ticked(200))

    assert findings(found) == [
        ("silent_site", "site 7 2020-01-01"),
        ("silent_site", "site 7 2020-04-11"),
    ]


@pytest.mark.parametrize(
    "last",
    [left("S1", 30), at_site("S1", "site 7", version=2)],
    ids=["everybody left", "nobody randomised"],
)
def test_a_site_with_nobody_to_follow_has_nothing_to_say(last):
    """It is done, or it only screened: no record is due."""
    records = SITE if last.thing.startswith("edc/left") else SITE[:1]

    assert findings(told(*records, last, ticked(300))) == []


def test_sites_are_found_apart():
    """One speaks, the other does not."""
    other = at_site("S2", "site 8", "ctl"), treated("S2", "ctl", 0)
    found = told(*SITE, *other, case("c1", "S2", 50), ticked(70))

    assert findings(found) == [("silent_site", "site 7 2020-01-01")]


def test_a_conflict_is_found_for_each_version_of_a_thing():
    """The first is kept; that somebody says otherwise must be looked into, once."""
    found = told(case("c1", "A1", 3))
    for term in ("PE", "PE", "Stroke"):
        found.tell(case("c1", "A1", 3, term))
    found.tell(case("c1", "A1", 3, version=2), case("c1", "A1", 3, "PE", version=2))

    assert findings(found) == [("conflict", "safety/c1 1"), ("conflict", "safety/c1 2")]


def test_refusals_are_found_once_a_reason_and_day():
    """They may come by the thousand; the dead letters name each of them."""
    wrong = [treated("A1", "none", n) for n in range(1, 4)]
    later = [treated("A1", "act", 9, period="none"), treated("A1", "none", 9)]
    found = told(*wrong, ticked(7), *later)

    assert findings(found) == [
        ("quarantined", "unknown_treatment 2020-01-01"),
        ("quarantined", "unknown_period 2020-01-08"),
        ("quarantined", "unknown_treatment 2020-01-08"),
    ]


def test_nothing_is_found_in_a_study_that_has_only_a_plan():
    """There is no day yet."""
    assert findings(rung(ruled(), planned(ruled(window=3), version=2))) == []
