"""A look at the past until a day of onset: tables, evidence and the as-of date end with it."""

from __future__ import annotations

import pytest

from monitor.evidence.summary import watch_summaries
from monitor.records import Record
from monitor.state.study import Study
from monitor.tables.tabulate import rate_rows
from streams.replay.replay import Replay, WhatIf
from tests.monitor.builders import STUDY, case, day, plan_record, tick_record
from tests.monitor.small_plans import concurrent_watch, plan_of, reference_watch
from tests.monitor.trial import two_arms

PLAN = plan_of(reference_watch("rate", share=0.5), concurrent_watch("arms", share=0.5))
UNTIL = 20
"""The last day of onset that counts."""

LOG = [
    plan_record(PLAN),
    *two_arms(5),
    case("c1", "A1", UNTIL - 10),
    case("c2", "A2", UNTIL),
    case("c3", "A3", UNTIL + 1),
    case("c4", "C1", UNTIL + 5),
    tick_record(40),
]


def looked_back(
    log: list[Record], *, onsets: int | None = None, known: int | None = None, plan: str = ""
) -> Study:
    """The study after a replay of *log* until the day of onset *onsets*, known by *known*."""
    what_if = WhatIf(
        plan=plan or None,
        onsets_until=None if onsets is None else day(onsets),
        known_until=None if known is None else day(known),
    )
    replay = Replay(what_if)
    for line, record in enumerate(log, start=1):
        replay.process_line(record, line)
    replay.extend_to_horizon()
    (study,) = replay.studies
    return study


def counts(study: Study) -> tuple[int, int]:
    """Subjects with a clot and person-days on `act`."""
    (row,) = [
        one
        for one in rate_rows(study)
        if (one.term.name, one.treatment, one.period) == ("DVT", "act", "all")
    ]
    return row.cell.subjects, row.person_days


def watched_events(study: Study) -> dict[str, tuple[int, int]]:
    """Treated and control events in the likelihood of each watch of the plan."""
    return {
        one.watch.id: (one.treatment_events, one.control_events)
        for one in watch_summaries(study)
        if one.watch.tier == 1
    }


def test_an_event_on_the_last_day_counts_and_one_on_the_next_does_not():
    """In the tables and in the likelihood of every watch; reported late or not."""
    study = looked_back(LOG, onsets=UNTIL)

    assert study.as_of == day(UNTIL)
    assert counts(study) == (2, 5 * (UNTIL + 1))
    assert watched_events(study) == {"rate": (2, 0), "arms": (2, 0)}


def test_without_a_day_every_event_counts():
    """The same log, to its end."""
    study = looked_back(LOG)

    assert (study.as_of, counts(study)) == (day(40), (3, 5 * 41))
    assert watched_events(study) == {"rate": (3, 0), "arms": (3, 1)}


def test_a_late_report_of_an_early_event_counts():
    """The day is that of the onset, not of the report."""
    late = case("c5", "A4", UNTIL - 1, known=39)

    assert counts(looked_back([*LOG, late], onsets=UNTIL))[0] == 3
    assert counts(looked_back([*LOG, late], onsets=UNTIL, known=38))[0] == 2


@pytest.mark.parametrize(("onsets", "known", "expected"), [(20, 30, 20), (30, 20, 20)])
def test_the_as_of_date_is_at_most_either_day(onsets: int, known: int, expected: int):
    """Person-time beyond the earlier of the two would be without its events."""
    assert looked_back(LOG, onsets=onsets, known=known).as_of == day(expected)


def test_the_as_of_date_is_the_day_where_the_log_ends_before_it():
    """Person-time counts up to the day that was asked for."""
    study = looked_back(LOG[:-1], onsets=35)

    assert (study.as_of, counts(study)) == (day(35), (3, 5 * 36))


def test_a_study_that_another_plan_opens_ends_with_the_day_too():
    """The log has no plan of its own before the first subject."""
    study = looked_back(LOG[1:], onsets=UNTIL, plan=PLAN)

    assert (study.name, study.as_of) == (STUDY, day(UNTIL))
    assert watched_events(study) == {"rate": (2, 0), "arms": (2, 0)}
