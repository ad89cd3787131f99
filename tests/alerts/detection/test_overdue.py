"""Findings that depend on the day: unallocated cases, silent sites, conflicts and refusals."""

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


def plan_with_limits(*, wait: int = 30, silent: int = 60, **options: object) -> str:
    """A plan in which a case may stay unallocated *wait* days and a site silent *silent* days."""
    toml = plan_of(**{"jump": 5_000, **options})
    return toml.replace(
        "[limits]\n", f"[limits]\nunallocated_days = {wait}\nsilent_site_days = {silent}\n"
    )


def overdue_trial(*records, **limits: int) -> Trial:
    """A trial with three subjects an arm, whose site is unknown, and *records*."""
    return folded_trial(plan_with_limits(**limits), *two_arms(3), *records)


@pytest.mark.parametrize(("day", "is_found"), [(40, False), (41, True), (90, True)])
def test_a_case_that_stays_unallocated_too_long_is_a_finding(day: int, is_found: bool):
    """Known on day 10 and still unallocated on day 41: more than thirty days."""
    findings = finding_alerts(overdue_trial(UNALLOCATED_CASE, tick_record(day)))

    assert findings == ([("unallocated", "safety/c1")] if is_found else [])


def test_the_record_that_advances_the_day_raises_the_finding():
    """Any record that advances the day raises the finding, here a case of another subject."""
    scenario = overdue_trial(UNALLOCATED_CASE, tick_record(40), case("c2", "A1", 41, "Headache"))
    (alert,) = alerts_of_kind(scenario, AlertKind.FINDING)

    assert (alert.thing, alert.about, alert.term) == ("safety/c2", "safety/c1", "DVT")


@pytest.mark.parametrize(
    "resolution",
    [
        allocated("A9", "act"),
        treated("A9", "act", 0),
        retracted("r1", "safety/c1"),
        merged("m1", "subject", "A9", "A1"),
    ],
    ids=["allocation", "treatment", "void", "merged into one who is allocated"],
)
def test_a_case_that_is_allocated_or_void_is_no_finding(resolution):
    """Its subject is allocated, treated or merged in time, or the case is voided."""
    assert finding_alerts(overdue_trial(UNALLOCATED_CASE, resolution, tick_record(90))) == []


def test_a_case_waits_again_when_its_allocation_is_voided():
    """The days count from the record that voided the allocation."""
    voided = retracted("r1", "edc/subject-A9")
    scenario = overdue_trial(
        allocated("A9", "act"), UNALLOCATED_CASE, tick_record(50), voided, tick_record(80)
    )
    assert finding_alerts(scenario) == []

    scenario.submit(tick_record(81))

    assert finding_alerts(scenario) == [("unallocated", "safety/c1")]


def test_an_amendment_with_a_shorter_limit_applies_to_waiting_cases():
    """The new limit holds for all data from the plan record on."""
    scenario = overdue_trial(UNALLOCATED_CASE, tick_record(20))

    scenario.submit(plan_record(plan_with_limits(wait=5), version=2))

    assert finding_alerts(scenario) == [("unallocated", "safety/c1")]


SITE_RECORDS = site_subject("S1", "site 7", "act"), treated("S1", "act", 0)


@pytest.mark.parametrize(("day", "is_found"), [(79, False), (80, True), (400, True)])
def test_a_site_that_stays_silent_too_long_is_a_finding(day: int, is_found: bool):
    """The last record of the site is of day 20, so on day 80 it is silent for sixty days."""
    findings = finding_alerts(overdue_trial(*SITE_RECORDS, case("c1", "S1", 20), tick_record(day)))

    assert findings == ([("silent_site", "site 7 2020-01-21")] if is_found else [])


@pytest.mark.parametrize(
    "site_record",
    [
        case("c2", "S1", 4, "Headache", known=70),
        case("c1", "S1", 20, version=2, known=70),
        site_subject("S1", "site 7", "act", version=2, known=70),
        site_subject("S2", "site 7", known=70),
    ],
    ids=["case", "correction", "subject", "screened"],
)
def test_any_record_of_a_site_ends_its_silence(site_record):
    """The sixty days count from the last record of any type."""
    scenario = overdue_trial(*SITE_RECORDS, case("c1", "S1", 20), site_record, tick_record(129))
    assert finding_alerts(scenario) == []

    scenario.submit(tick_record(130))

    assert finding_alerts(scenario) == [("silent_site", "site 7 2020-03-11")]


def test_each_silence_of_a_site_is_a_finding():
    """Each silence is one finding, named after the last day with a record."""
    scenario = overdue_trial(
        *SITE_RECORDS,
        tick_record(100),
        case("c1", "S1", 20, known=101),
        tick_record(150),
        tick_record(200),
    )

    assert finding_alerts(scenario) == [
        ("silent_site", "site 7 2020-01-01"),
        ("silent_site", "site 7 2020-04-11"),
    ]


@pytest.mark.parametrize(
    "last",
    [withdrawn("S1", 30), site_subject("S1", "site 7", version=2)],
    ids=["all subjects left", "none randomised"],
)
def test_a_site_without_active_subjects_is_no_finding(last):
    """All its subjects left, or it only screened: no record is due."""
    records = SITE_RECORDS if last.entity_id.startswith("edc/left") else SITE_RECORDS[:1]

    assert finding_alerts(overdue_trial(*records, last, tick_record(300))) == []


def test_sites_are_tracked_separately():
    """Only the silent one of two sites is reported."""
    other = site_subject("S2", "site 8", "ctl"), treated("S2", "ctl", 0)
    scenario = overdue_trial(*SITE_RECORDS, *other, case("c1", "S2", 50), tick_record(70))

    assert finding_alerts(scenario) == [("silent_site", "site 7 2020-01-01")]


def test_a_conflict_is_found_once_for_each_version_of_an_entity():
    """The first content of a version is kept; a different one is reported once."""
    scenario = overdue_trial(case("c1", "A1", 3))
    for term in ("PE", "PE", "Stroke"):
        scenario.submit(case("c1", "A1", 3, term))
    scenario.submit(case("c1", "A1", 3, version=2), case("c1", "A1", 3, "PE", version=2))

    assert finding_alerts(scenario) == [("conflict", "safety/c1 1"), ("conflict", "safety/c1 2")]


def test_refusals_are_found_once_a_reason_and_day():
    """Refusals may come by the thousand; the dead letters list each of them."""
    refused = [treated("A1", "none", n) for n in range(1, 4)]
    later = [treated("A1", "act", 9, period="none"), treated("A1", "none", 9)]
    scenario = overdue_trial(*refused, tick_record(7), *later)

    assert finding_alerts(scenario) == [
        ("quarantined", "unknown_treatment 2020-01-01"),
        ("quarantined", "unknown_period 2020-01-08"),
        ("quarantined", "unknown_treatment 2020-01-08"),
    ]


def test_a_study_that_has_only_a_plan_has_no_findings():
    """Such a study has no as-of day."""
    assert (
        finding_alerts(
            folded_trial(plan_with_rules(), plan_record(plan_with_rules(window=3), version=2))
        )
        == []
    )
