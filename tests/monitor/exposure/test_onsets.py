"""The onset day and when a term counts: partial and missing dates, collection and doses."""

from __future__ import annotations

import pytest

from monitor.records import PartialDate, TermKind
from tests.monitor.builders import (
    allocated,
    case,
    collected,
    dosed,
    retracted,
    tick_record,
    treated,
)
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch, toml_table
from tests.monitor.trial import Trial, trial, two_arms


def one_patient(*records, window: int | str = 0, **options: str) -> Trial:
    """A study of one subject's *records*, as of day 100."""
    return trial(
        plan_of(window=window, **options), allocated("A1", "act"), *records, tick_record(100)
    )


@pytest.mark.parametrize(
    ("rule", "expected"), [("first_day", 32), ("last_day", 60), ("treatment_start", 41)]
)
def test_a_partial_date_is_imputed_by_the_rule_of_the_plan(rule: str, expected: int):
    """February 2020 is days 31 to 59; under the third rule treatment starts on day 40 of it."""
    more = f'[dates]\npartial = "{rule}"'
    start = 0 if rule != "treatment_start" else 40
    scenario = one_patient(
        treated("A1", "act", start), case("c1", "A1", PartialDate(2020, 2)), more=more
    )

    assert scenario.row().person_days_to_first == expected - start
    assert scenario.findings == {"partial_onset_imputed": 1}


def test_a_treatment_that_began_in_another_month_does_not_date_an_event():
    """The start of treatment is imputed only if it is in the month of the partial date."""
    more = '[dates]\npartial = "treatment_start"'
    scenario = one_patient(
        treated("A1", "act", 10), case("c1", "A1", PartialDate(2020, 2)), more=more
    )

    assert scenario.row().person_days_to_first == 32 - 10


def test_an_event_without_a_date_is_in_no_table():
    """It is a data finding until a version with an onset arrives."""
    scenario = one_patient(treated("A1", "act", 0), case("c1", "A1", None), case("c2", "A1", 3))

    assert scenario.counts() == (1, 1)
    assert scenario.findings == {"onset_unknown": 1}
    scenario.submit(case("c1", "A1", 9, version=2))
    assert scenario.counts() == (1, 2)


def test_before_its_collection_a_term_has_neither_events_nor_days():
    """A term that was not collected has no person-time; other rows keep both."""
    scenario = trial(plan_of(reference_watch()), *two_arms(2), collected("DVT", 50))
    scenario.submit(case("c1", "A1", 10), case("c2", "A2", 60), tick_record(100))

    assert scenario.counts("DVT") == (1, 1)
    assert scenario.counts("VASC") == scenario.counts("any") == (2, 2)
    assert (scenario.row("DVT").person_days, scenario.row("any").person_days) == (102, 202)
    assert scenario.row("DVT").person_days_to_first == 51 + 11
    assert scenario.watch_summary().treatment_events == 1


def test_a_late_or_retracted_collection_recounts_everything():
    """The order of records does not matter, and a retracted collection has no effect."""
    records = [*two_arms(2), case("c1", "A1", 10), case("c2", "A2", 60), tick_record(100)]
    early = trial(plan_of(concurrent_watch()), collected("DVT", 50), *records)
    late = trial(plan_of(concurrent_watch()), *records, collected("DVT", 50))
    assert early.row("DVT") == late.row("DVT")
    assert early.log_e_value() == late.log_e_value()

    late.submit(retracted("r1", "edc/collected-DVT"))

    assert late.row("DVT").person_days == 202


def test_the_collection_of_a_group_does_not_affect_its_terms():
    """The group is collected from day 50 on; its preferred term always was."""
    groups = toml_table("groups.clot", preferred_terms=["DVT"])
    scenario = trial(plan_of(groups=groups), *two_arms(1), collected("clot", 50, TermKind.GROUP))
    scenario.submit(case("c1", "A1", 10), tick_record(100))

    assert (scenario.counts("clot"), scenario.counts("DVT")) == ((0, 0), (1, 1))


def test_a_late_dose_recounts_the_cases_near_it():
    """Onsets within three days after the last day of an infusion count for the group."""
    groups = toml_table("groups.infusional", within_days_after_dose=3)
    scenario = trial(plan_of(groups=groups), allocated("A1", "act"), treated("A1", "act", 0))
    scenario.submit(*(case(f"c{n}", "A1", n) for n in (9, 10, 14, 15)), tick_record(100))
    assert scenario.counts("infusional") == (0, 0)

    scenario.submit(dosed("A1", 10, 11))

    assert scenario.counts("infusional") == (1, 2)
