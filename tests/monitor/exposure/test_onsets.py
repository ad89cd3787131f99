"""What a day is, and when a term counts: partial dates, no date, collection, doses."""

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


def one_patient(*records, window: int | str = 0, **said: str) -> Trial:
    """A study of one patient's *records*, looked at on day 100."""
    return trial(plan_of(window=window, **said), allocated("A1", "act"), *records, tick_record(100))


@pytest.mark.parametrize(
    ("rule", "expected"), [("first_day", 32), ("last_day", 60), ("treatment_start", 41)]
)
def test_a_month_stands_for_a_day_by_the_plans_rule(rule: str, expected: int):
    """February 2020 is days 31 to 59; under the third rule treatment began on day 40, within it."""
    more = f'[dates]\npartial = "{rule}"'
    start = 0 if rule != "treatment_start" else 40
    found = one_patient(
        treated("A1", "act", start), case("c1", "A1", PartialDate(2020, 2)), more=more
    )

    assert found.row().person_days_to_first == expected - start
    assert found.findings == {"partial_onset_imputed": 1}


def test_a_treatment_that_began_in_another_month_does_not_date_an_event():
    """The start of treatment stands for the day only where the month may hold it."""
    more = '[dates]\npartial = "treatment_start"'
    found = one_patient(treated("A1", "act", 10), case("c1", "A1", PartialDate(2020, 2)), more=more)

    assert found.row().person_days_to_first == 32 - 10


def test_an_event_without_a_date_is_in_no_table():
    """It is known, and it waits for its date where a data manager sees it."""
    found = one_patient(treated("A1", "act", 0), case("c1", "A1", None), case("c2", "A1", 3))

    assert found.counts() == (1, 1)
    assert found.findings == {"onset_unknown": 1}
    found.submit(case("c1", "A1", 9, version=2))
    assert found.counts() == (1, 2)


def test_before_its_collection_a_term_has_neither_events_nor_days():
    """Not asked is not "none seen"; other rows keep both."""
    found = trial(plan_of(reference_watch()), *two_arms(2), collected("DVT", 50))
    found.submit(case("c1", "A1", 10), case("c2", "A2", 60), tick_record(100))

    assert found.counts("DVT") == (1, 1)
    assert found.counts("VASC") == found.counts("any") == (2, 2)
    assert (found.row("DVT").person_days, found.row("any").person_days) == (102, 202)
    assert found.row("DVT").person_days_to_first == 51 + 11
    assert found.watch_summary().treatment_events == 1


def test_a_collection_that_comes_late_or_is_retracted_counts_everything_anew():
    """The order of records does not matter, and a retraction is as if it had never been said."""
    told = [*two_arms(2), case("c1", "A1", 10), case("c2", "A2", 60), tick_record(100)]
    early = trial(plan_of(concurrent_watch()), collected("DVT", 50), *told)
    late = trial(plan_of(concurrent_watch()), *told, collected("DVT", 50))
    assert early.row("DVT") == late.row("DVT")
    assert early.log_e_value() == late.log_e_value()

    late.submit(retracted("r1", "edc/collected-DVT"))

    assert late.row("DVT").person_days == 202


def test_a_collected_group_leaves_its_members_alone():
    """The committee began on day 50; the preferred term was always asked for."""
    groups = toml_table("groups.clot", preferred_terms=["DVT"])
    found = trial(plan_of(groups=groups), *two_arms(1), collected("clot", 50, TermKind.GROUP))
    found.submit(case("c1", "A1", 10), tick_record(100))

    assert (found.counts("clot"), found.counts("DVT")) == ((0, 0), (1, 1))


def test_a_dose_that_comes_late_moves_what_lies_near_it():
    """Within three days after the last day of an infusion."""
    groups = toml_table("groups.infusional", within_days_after_dose=3)
    found = trial(plan_of(groups=groups), allocated("A1", "act"), treated("A1", "act", 0))
    found.submit(*(case(f"c{n}", "A1", n) for n in (9, 10, 14, 15)), tick_record(100))
    assert found.counts("infusional") == (0, 0)

    found.submit(dosed("A1", 10, 11))

    assert found.counts("infusional") == (1, 2)
