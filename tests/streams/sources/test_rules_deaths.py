"""The rules on deaths, whatever the format."""

from __future__ import annotations

from typing import Any

import pytest

from streams.sources.rows import AnyRow
from tests.streams.sources.builders import event, left, of_subject, study, subject


def death(*rows: AnyRow) -> tuple[str, str, set[str]]:
    """Status and day with which follow-up ended, and the findings on deaths."""
    found = study(*rows)
    (record,) = of_subject(found, "disposition")
    return record["status"], record["date"], {code for code in found.counts if "death" in code}


def fatal(**fields: Any) -> AnyRow:
    return event(**{"outcome": "fatal", "serious": "yes", **fields})


def test_a_death_has_the_day_of_the_subject_then_of_the_disposition_then_of_the_event():
    """DTHDTC, then DSSTDTC, then AE: the first that is known; others that differ are a finding."""
    of_event, of_disposition = fatal(died="2014-03-03"), left(status="died", date="2014-03-02")
    dead = subject(died="2014-03-01")

    status, day, findings = death(dead, of_disposition, of_event)
    assert (status, day) == ("died", "2014-03-01")
    assert findings == {"death_dates_disagree", "end_after_death"}
    assert death(subject(), of_disposition, of_event)[:2] == ("died", "2014-03-02")
    assert death(subject(), of_event)[:2] == ("died", "2014-03-03")
    assert death(subject(), fatal(end="2014-03-04"))[:2] == ("died", "2014-03-04")


def test_a_death_after_the_end_of_follow_up_extends_it():
    """RFENDTC is the last dose; the death comes eight days later and counts."""
    status, day, _ = death(
        subject(), left(status="died", date="2014-07-10"), fatal(onset="2014-07-10")
    )

    assert (status, day) == ("died", "2014-07-10")


def test_an_end_on_the_day_after_the_death_stays():
    """The site noted it in the morning: the pilot's own person-days count that day."""
    assert death(subject(died="2014-07-01"))[1] == "2014-07-02"
    assert death(subject(died="2014-06-30"))[1] == "2014-06-30"


@pytest.mark.parametrize(
    "row",
    [subject(died="2014-07-02"), subject(died_flag="yes"), left(status="died")],
)
def test_a_death_without_an_event_is_a_finding(row: AnyRow):
    """No case tells of it: the disposition does, for the rule on deaths."""
    rows = [row] if type(row) is type(subject()) else [subject(), row]

    assert death(*rows)[0] == "died"
    assert "death_without_event" in death(*rows)[2]


@pytest.mark.parametrize(
    "fields",
    [{"outcome": "fatal"}, {"criteria": ("death",)}, {"grade": "fatal"}, {"severity": "fatal"}],
)
def test_outcome_criterion_and_grade_5_each_make_a_case_fatal_and_serious(fields: dict[str, Any]):
    """Whatever the flag of seriousness says: a death overrules it."""
    found = study(subject(), left(), event(**fields))
    (record,) = found.of_type("adverse_event")

    assert record["serious"] is False
    assert record.get("outcome") == "fatal" or "death" in record["criteria"]
    assert of_subject(found, "disposition")[0]["status"] == "died"
    assert found.counts["not_serious_but_criterion"] == 1
    assert found.counts["death_in_events_only"] == 1


@pytest.mark.parametrize(
    ("died", "others", "day"),
    [
        ("2014-08", (), "2014-08-01"),
        ("2015", (), "2015-01-01"),
        ("2014-07", (), "2014-07-02"),  # RFENDTC.
        ("2014-08", (event(onset="2014-08-20", known="2014-08-21"),), "2014-08-20"),
        ("2014-08", (left(date="2014-08-10"),), "2014-08-10"),
        ("2014-08", (event(end="2014-08-11"), event(sequence="2", end="2014-09-01")), "2014-08-11"),
        ("2014-08", (event(onset="2014-07-20", known="2014-07-21"),), "2014-08-01"),
    ],
)
def test_a_partial_day_of_death_bounds_the_death_from_below(
    died: str, others: tuple[AnyRow, ...], day: str
):
    """Nobody dies before the month of its death, nor before the last day it was seen alive."""
    status, found, findings = death(subject(died=died), *others)

    assert (status, found) == ("died", day)
    assert "death_day_imputed" in findings and "death_without_day" not in findings


def test_a_whole_day_within_a_partial_one_is_the_day_of_the_death():
    """DTHDTC has the month, DS or the event the day: they agree, and nothing is imputed."""
    for row in (left(status="died", date="2014-08-09"), fatal(end="2014-08-09")):
        _, day, findings = death(subject(died="2014-08"), row)
        assert (day, findings - {"death_without_event"}) == ("2014-08-09", set())


def test_a_whole_day_outside_the_partial_one_disagrees():
    """The subject's month counts before the day of a disposition."""
    _, day, findings = death(subject(died="2014-08"), left(status="died", date="2014-07-09"))

    assert day == "2014-08-01"
    assert {"death_dates_disagree", "death_day_imputed"} <= findings


def test_partial_days_of_disposition_and_event_bound_the_death_too():
    """Each source of a death may know its month only."""
    for row in (left(status="died", date="2014-09"), fatal(end="2014-09")):
        _, day, findings = death(subject(), row)
        assert day == "2014-09-01" and "death_day_imputed" in findings
