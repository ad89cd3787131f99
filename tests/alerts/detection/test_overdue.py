"""Findings that a day brings: cases wait too long, sites say nothing; and what is kept out."""

from __future__ import annotations

import pytest

from alerts.alert import AlertKind
from tests.alerts.case_rule_trials import (
    alerts_of_kind,
    finding_alerts,
    folded_trial,
    plan_with_rules,
    site_subject,
)
from tests.monitor.builders import (
    allocated,
    case,
    merged,
    plan_record,
    retracted,
    tick_record,
    treated,
    withdrawn,
)
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import Trial, two_arms

UNALLOCATED_CASE = case("c1", "A9", 3, known=10)


def plan_with_limits(*, wait: int = 30, silent: int = 60, **said: object) -> str:
    """A plan in which a case may *wait* and a site be *silent* for so many days."""
    toml = plan_of(**said)
    return toml.replace(
        "[limits]\n", f"[limits]\nunallocated_days = {wait}\nsilent_site_days = {silent}\n"
    )


def overdue_trial(*records, **said: int) -> Trial:
    """Three patients an arm, whose site is not known, and *records*."""
    return folded_trial(plan_with_limits(**said), *two_arms(3), *records)


@pytest.mark.parametrize(("day", "is_found"), [(40, False), (41, True), (90, True)])
def test_a_case_that_waits_too_long_is_found_when_the_day_comes(day: int, is_found: bool):
    """Known on day 10, its subject unknown: on day 41 it has waited for more than thirty."""
    made = finding_alerts(overdue_trial(UNALLOCATED_CASE, tick_record(day)))

    assert made == ([("unallocated", "safety/c1")] if is_found else [])


def test_it_is_the_record_that_moves_the_day_which_finds_it():
    """Any record will do: here the report of somebody else's headache."""
    found = overdue_trial(UNALLOCATED_CASE, tick_record(40), case("c2", "A1", 41, "Headache"))
    (alert,) = alerts_of_kind(found, AlertKind.FINDING)

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
    assert finding_alerts(overdue_trial(UNALLOCATED_CASE, comes, tick_record(90))) == []


def test_a_case_waits_anew_where_its_allocation_was_void():
    """The days count from when it had to wait again."""
    back = retracted("r1", "edc/subject-A9")
    found = overdue_trial(
        allocated("A9", "act"), UNALLOCATED_CASE, tick_record(50), back, tick_record(80)
    )
    assert finding_alerts(found) == []

    found.submit(tick_record(81))

    assert finding_alerts(found) == [("unallocated", "safety/c1")]


def test_an_amendment_that_allows_less_finds_what_waits_already():
    """It holds for all data from its record on."""
    found = overdue_trial(UNALLOCATED_CASE, tick_record(20))

    found.submit(plan_record(plan_with_limits(wait=5), version=2))

    assert finding_alerts(found) == [("unallocated", "safety/c1")]


SITE_RECORDS = site_subject("S1", "site 7", "act"), treated("S1", "act", 0)


@pytest.mark.parametrize(("day", "is_found"), [(79, False), (80, True), (400, True)])
def test_a_site_that_says_nothing_is_found_when_the_day_comes(day: int, is_found: bool):
    """Last heard of on day 20: on day 80 it has said nothing for sixty."""
    made = finding_alerts(overdue_trial(*SITE_RECORDS, case("c1", "S1", 20), tick_record(day)))

    assert made == ([("silent_site", "site 7 2020-01-21")] if is_found else [])


@pytest.mark.parametrize(
    "said",
    [
        case("c2", "S1", 4, "Headache", known=70),
        case("c1", "S1", 20, version=2, known=70),
        site_subject("S1", "site 7", "act", version=2, known=70),
        site_subject("S2", "site 7", known=70),
    ],
    ids=["case", "correction", "subject", "screened"],
)
def test_any_record_of_a_site_is_a_word_of_it(said):
    """Sixty days from the last, whatever it was."""
    found = overdue_trial(*SITE_RECORDS, case("c1", "S1", 20), said, tick_record(129))
    assert finding_alerts(found) == []

    found.submit(tick_record(130))

    assert finding_alerts(found) == [("silent_site", "site 7 2020-03-11")]


def test_a_site_that_falls_silent_again_is_found_again():
    """Each silence is one finding, named after the last day on which it was heard of."""
    found = overdue_trial(
        *SITE_RECORDS,
        tick_record(100),
        case("c1", "S1", 20, known=101),
        tick_record(150),
        tick_record(200),
    )

    assert finding_alerts(found) == [
        ("silent_site", "site 7 2020-01-01"),
        ("silent_site", "site 7 2020-04-11"),
    ]


@pytest.mark.parametrize(
    "last",
    [withdrawn("S1", 30), site_subject("S1", "site 7", version=2)],
    ids=["everybody left", "nobody randomised"],
)
def test_a_site_with_nobody_to_follow_has_nothing_to_say(last):
    """It is done, or it only screened: no record is due."""
    records = SITE_RECORDS if last.entity_id.startswith("edc/left") else SITE_RECORDS[:1]

    assert finding_alerts(overdue_trial(*records, last, tick_record(300))) == []


def test_sites_are_found_apart():
    """One speaks, the other does not."""
    other = site_subject("S2", "site 8", "ctl"), treated("S2", "ctl", 0)
    found = overdue_trial(*SITE_RECORDS, *other, case("c1", "S2", 50), tick_record(70))

    assert finding_alerts(found) == [("silent_site", "site 7 2020-01-01")]


def test_a_conflict_is_found_for_each_version_of_a_thing():
    """The first is kept; that somebody says otherwise must be looked into, once."""
    found = overdue_trial(case("c1", "A1", 3))
    for term in ("PE", "PE", "Stroke"):
        found.submit(case("c1", "A1", 3, term))
    found.submit(case("c1", "A1", 3, version=2), case("c1", "A1", 3, "PE", version=2))

    assert finding_alerts(found) == [("conflict", "safety/c1 1"), ("conflict", "safety/c1 2")]


def test_refusals_are_found_once_a_reason_and_day():
    """They may come by the thousand; the dead letters name each of them."""
    wrong = [treated("A1", "none", n) for n in range(1, 4)]
    later = [treated("A1", "act", 9, period="none"), treated("A1", "none", 9)]
    found = overdue_trial(*wrong, tick_record(7), *later)

    assert finding_alerts(found) == [
        ("quarantined", "unknown_treatment 2020-01-01"),
        ("quarantined", "unknown_period 2020-01-08"),
        ("quarantined", "unknown_treatment 2020-01-08"),
    ]


def test_nothing_is_found_in_a_study_that_has_only_a_plan():
    """There is no day yet."""
    assert (
        finding_alerts(
            folded_trial(plan_with_rules(), plan_record(plan_with_rules(window=3), version=2))
        )
        == []
    )
