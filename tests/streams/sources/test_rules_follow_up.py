"""The rules on the end of follow-up, whatever the format."""

from __future__ import annotations

from typing import Any

import pytest

from streams.sources.rows import AnyRow, AssessmentRow, TreatmentRow
from tests.streams.sources.builders import (
    NOWHERE,
    dose,
    end_of,
    event,
    left,
    of_subject,
    study,
    subject,
    with_plan,
)

ACTUAL_ARM = '\n[ingest]\ntreatment = "actual_arm"\n'
PARTICIPATION = '\n[ingest]\nfollow_up_end = "participation"\n'


def stated(**fields: Any) -> AnyRow:
    """An interval on the drug that the source states."""
    return TreatmentRow(place=NOWHERE, subject="A", treatment="Drug", **fields)


def score(**fields: Any) -> AnyRow:
    return AssessmentRow(place=NOWHERE, subject="A", instrument="TIS", value="1", **fields)


def test_follow_up_ends_as_the_plan_says():
    """RFENDTC, or RFPENDTC where the plan chooses participation."""
    rows = (subject(participation_end="2014-09-01"),)

    assert end_of(study(*rows)) == ("other", "2014-07-02")
    assert end_of(with_plan(PARTICIPATION, *rows)) == ("other", "2014-09-01")


@pytest.mark.parametrize(
    "later",
    [
        event(onset="2014-08-01", known="2014-08-03"),
        dose(last="2014-08-01"),
        left(date="2014-08-01"),
        stated(start="2014-01-02", end="2014-08-02"),
        stated(start="2014-08-01"),
        score(date="2014-08-01"),
    ],
)
def test_follow_up_never_ends_before_what_is_known_after_it(later: AnyRow):
    """RFENDTC is the last dose in many studies: what comes later is seen all the same."""
    found = study(subject(), later)

    assert end_of(found)[1] == "2014-08-01"
    assert found.group("activity_after_end").column == "FOLLOW_UP_END"


@pytest.mark.parametrize("end", ["2014-08-01", "2014-08"])
def test_the_end_of_an_event_after_follow_up_is_named_and_extends_nothing(end: str):
    """A site learns of it when the subject is seen no more: no onset would be known by then."""
    after = event(end=end, outcome="recovered", known="2014-08-03")
    found = study(subject(), event(sequence="2", end="2014-07-02"), after)

    assert end_of(found)[1] == "2014-07-02"
    group = found.group("event_ends_after_follow_up")
    assert (group.column, group.rows) == ("END", (4,))


def test_a_disposition_ends_follow_up_where_nothing_else_does():
    """A subject without either is still followed."""
    assert end_of(study(subject(follow_up_end=""), left(date="2014-05-01"))) == (
        "completed",
        "2014-05-01",
    )
    assert of_subject(study(subject(follow_up_end="")), "disposition") == []


def test_an_onset_after_its_report_extends_nothing():
    """A typing error in a year must not follow a subject for ninety years."""
    found = study(subject(), event(onset="2104-02-01", known="2014-02-02"))

    assert end_of(found)[1] == "2014-07-02"
    assert found.counts["onset_after_report"] == 1


def test_who_leaves_an_earlier_period_is_still_followed():
    """Completing the double-blind part is no end of the open-label part."""
    rows = [
        subject(follow_up_end=""), dose(last="2014-02-28"),
        dose(first="2014-03-01", last="", period="OPEN LABEL"),
        left(date="2014-02-28", period="DB"),
    ]  # fmt: skip
    (record,) = of_subject(study(*rows), "disposition")

    assert (record["period"], record["date"]) == ("randomised", "2014-02-28")
    assert record["source"]["id"] == "A.randomised"
