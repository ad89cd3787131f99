"""Subjects who are still on treatment have not left."""

from __future__ import annotations

import pytest

from monitor.records import Disposition, Record, Status
from monitor.tables.flow import period_flows
from tests.monitor.builders import allocated, day, record, tick_record, treated
from tests.monitor.small_plans import plan_of
from tests.monitor.trial import trial


def ended(status: Status, last: int, period: str | None = None) -> Record:
    """A1's follow-up ended on day *last*."""
    body = Disposition(subject="A1", status=status, date=day(last), period=period)
    return record(body, f"edc/end-{period}")


def flow(*records: Record, end: int | None = None) -> tuple[int, int, int, int]:
    """Entered, completed, ongoing and left in the first period on day 50, of A1 alone."""
    scenario = trial(
        plan_of(window=7),
        allocated("A1", "act"),
        treated("A1", "act", 0, end),
        *records,
        tick_record(50),
    )
    (found,) = [
        each
        for each in period_flows(scenario.study)
        if (each.period, each.randomised_treatment) == ("first", "act")
    ]
    return found.entered, found.completed, found.ongoing, found.left


@pytest.mark.parametrize("end", [None, 51, 100])
def test_a_subject_on_treatment_is_ongoing(end: int | None):
    """Nothing says that the subject left, and the treatment goes on."""
    assert flow(end=end) == (1, 0, 1, 0)


@pytest.mark.parametrize("period", [None, "first"])
def test_a_completion_counts_with_or_without_a_period(period: str | None):
    """Who completed the study completed the period."""
    assert flow(ended(Status.COMPLETED, 40, period), end=41) == (1, 1, 0, 0)


@pytest.mark.parametrize("period", [None, "first"])
def test_who_left_has_left(period: str | None):
    """A withdrawal ends a treatment whose end nobody stated."""
    assert flow(ended(Status.WITHDREW, 40, period)) == (1, 0, 0, 1)


def test_who_left_the_period_has_not_completed_it_with_the_study():
    """The disposition of the period outweighs that of the study."""
    records = ended(Status.LACK_OF_EFFICACY, 30, "first"), ended(Status.COMPLETED, 40)

    assert flow(*records, end=31) == (1, 0, 0, 1)


def test_a_treatment_that_ended_is_not_ongoing():
    """The window after a treatment is no treatment."""
    assert flow(end=48) == (1, 0, 0, 1)
