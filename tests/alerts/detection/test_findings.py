"""Data findings: an accepted record that looks wrong is reported once to the data managers."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.alert import AlertKind
from monitor.records import Criterion, Outcome, PartialDate, Severity
from tests.alerts.case_rule_trials import (
    alerts_of_kind,
    finding_alerts,
    folded_trial,
    plan_with_rules,
)
from tests.monitor.builders import (
    allocated,
    case,
    collected,
    dosed,
    merged,
    plan_record,
    retracted,
    tick_record,
    treated,
)
from tests.monitor.trial import Trial, two_arms

FATAL: dict[str, Any] = {"outcome": Outcome.FATAL}
DUPLICATES = case("c1", "A1", 3, known=9), case("c2", "A1", 5, known=9)


def findings_trial(*records, **options: object) -> Trial:
    """A trial with three subjects an arm from day 0, and *records*."""
    return folded_trial(plan_with_rules(**options), *two_arms(3), *records)


@pytest.mark.parametrize(
    ("fields", "is_found"),
    [
        (FATAL, True),
        ({"severity": Severity.FATAL}, True),
        ({"criteria": (Criterion.DEATH,)}, True),
        (FATAL | {"serious": True}, False),
        ({"criteria": (Criterion.HOSPITALISATION,)}, False),
        ({}, False),
    ],
)
def test_a_death_that_is_not_serious_is_a_finding(fields: dict, is_found: bool):
    """A death counts as serious regardless of the flag; the sender must correct the flag."""
    expected = [("fatal_not_serious", "safety/c1")] if is_found else []

    assert finding_alerts(findings_trial(case("c1", "A1", 3, **fields))) == expected


def test_a_finding_pages_nobody_and_has_no_lifecycle():
    """A finding is for information: no page, no lifecycle, no e-value and no deadline."""
    (alert,) = alerts_of_kind(findings_trial(case("c1", "A1", 3, **FATAL)), AlertKind.FINDING)

    assert alert.id == "40eb281b5e12273b5fe016e3"
    assert (alert.pages, alert.tracked, alert.level, alert.e_value) == (False, False, "note", None)
    assert (alert.due, alert.term, alert.revision) == ((), "DVT", 1)


@pytest.mark.parametrize(
    ("first", "second", "is_found"),
    [
        ({"onset": 9}, {"onset": 9}, True),
        ({"onset": 9}, {"onset": 11}, True),
        ({"onset": 11}, {"onset": 9}, True),
        ({"onset": 9}, {"onset": 12}, False),
        ({"onset": 9}, {"onset": 9, "term": "PE"}, False),
        ({"onset": 9}, {"onset": 9, "who": "A2"}, False),
        ({"onset": None}, {"onset": None}, False),
        ({"onset": PartialDate(2020, 1)}, {"onset": PartialDate(2020, 1)}, False),
        ({"onset": -9}, {"onset": -8}, True),
    ],
)
def test_two_cases_of_one_event_are_a_finding(first: dict, second: dict, is_found: bool):
    """Same subject and term, onsets at most two days apart: both count until they are merged."""
    cases = [
        case(name, each.get("who", "A1"), each["onset"], each.get("term", "DVT"), known=30)
        for name, each in (("c1", first), ("c2", second))
    ]
    pairs = [
        each for each in finding_alerts(findings_trial(*cases)) if each[0] == "likely_duplicates"
    ]

    assert pairs == ([("likely_duplicates", "safety/c1 safety/c2")] if is_found else [])


def test_likely_duplicates_across_a_change_of_treatment_are_found():
    """The two count in different cells of the tables, and may still be one event."""
    switched = treated("A1", "act", 0, 10, version=2), treated("A1", "ctl", 10)
    pair = case("c1", "A1", 9, known=30), case("c2", "A1", 10, known=30)

    assert finding_alerts(findings_trial(*switched, *pair)) == [
        ("likely_duplicates", "safety/c1 safety/c2")
    ]


def test_likely_duplicates_before_the_start_of_collection_are_found():
    """Cases before the start of collection are not counted, but may still be duplicates."""
    assert finding_alerts(findings_trial(collected("DVT", 20), *DUPLICATES)) == [
        ("likely_duplicates", "safety/c1 safety/c2")
    ]


def test_a_follow_up_can_make_two_cases_likely_duplicates():
    """A follow-up may move the onset or the term to that of another case."""
    scenario = findings_trial(case("c1", "A1", 3), case("c2", "A1", 20))
    assert finding_alerts(scenario) == []

    scenario.submit(case("c2", "A1", 3, version=2, known=21))

    assert finding_alerts(scenario) == [("likely_duplicates", "safety/c1 safety/c2")]


def test_merged_duplicates_are_no_finding():
    """A void case is not compared."""
    scenario = findings_trial(
        DUPLICATES[0], merged("m1", "case", "safety/c2", "safety/c1"), DUPLICATES[1]
    )

    assert finding_alerts(scenario) == []


def test_a_merge_of_subjects_finds_their_likely_duplicates():
    """One event was reported for two subject ids of the same person."""
    pair = case("c1", "A1", 3, known=9), case("c2", "A2", 4, known=9)

    assert finding_alerts(findings_trial(*pair, merged("m1", "subject", "A2", "A1"))) == [
        ("likely_duplicates", "safety/c1 safety/c2")
    ]


@pytest.mark.parametrize(
    ("onset", "is_found"),
    [
        (-1, True),
        (0, False),
        (None, False),
        (PartialDate(2019, None), True),
        (PartialDate(2019, 12), True),
        (PartialDate(2020, 1), False),
        (PartialDate(2020, None), False),
    ],
)
def test_an_onset_before_the_first_dose_is_a_finding_where_it_is_certain(
    onset: int | PartialDate | None, is_found: bool
):
    """A finding only if it is certain: the last possible day of a partial date must be before."""
    findings = finding_alerts(findings_trial(case("c1", "A1", onset, known=9)))

    assert findings == ([("onset_before_first_dose", "safety/c1")] if is_found else [])


@pytest.mark.parametrize("treatment", [treated("A9", "act", 10), dosed("A9", 10, 10)])
def test_the_dose_may_be_known_after_the_event(treatment):
    """The record of the treatment raises the finding."""
    scenario = folded_trial(plan_with_rules(), allocated("A9", "act"), case("c1", "A9", 3, known=9))
    assert finding_alerts(scenario) == []

    scenario.submit(treatment)

    assert finding_alerts(scenario) == [("onset_before_first_dose", "safety/c1")]


def test_a_finding_is_raised_once():
    """Duplicates, follow-ups, nullifications and amendments do not raise it again."""
    scenario = findings_trial(*DUPLICATES, case("c3", "A2", -5, known=9, **FATAL))
    first = finding_alerts(scenario)
    assert len(first) == 3

    scenario.submit(
        case("c1", "A1", 4, version=2, known=12),
        case("c3", "A2", -6, version=2, known=12, **FATAL),
        treated("A2", "act", 1, version=2),
        plan_record(plan_with_rules(window=9), version=2),
        collected("DVT", 1),
        merged("m1", "subject", "A2", "A3"),
        retracted("r1", "safety/c3"),
        retracted("r2", "safety/r1"),
        tick_record(20),
    )

    assert finding_alerts(scenario) == first
