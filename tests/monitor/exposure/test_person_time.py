"""The small ledgers that the fold keeps: person-days, cells, first events, and their arithmetic."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.dates import FOREVER
from monitor.exposure.first_events import FirstEvents
from monitor.exposure.person_time import (
    FollowUpEnd,
    PersonDays,
    Spell,
    TreatmentInterval,
    build_spells,
    spell_on,
)
from monitor.plan.plan import ARMS_MAX
from monitor.state.cell import Cell, count_increment

intervals = st.tuples(st.integers(1, 60), st.integers(0, 40)).map(lambda p: (p[0], p[0] + p[1]))
SPELLS = (Spell(10, 20, 0, 1), Spell(20, 40, 0, 0), Spell(40, 60, 1, 1))
"""On treatment 1 for ten days, on 0 for twenty, and on 1 again in the next period."""


@given(st.lists(intervals, max_size=12), st.lists(st.integers(0, 120), min_size=1, max_size=6))
def test_person_days_are_the_days_counted_one_by_one(told: list[tuple[int, int]], asks: list[int]):
    """As of any rising days, told before or between the questions."""
    ledger, entered = PersonDays(), list[tuple[int, int]]()
    for number, as_of in enumerate(sorted(asks)):
        for start, end in told[number :: len(asks)]:
            ledger.add(start, end)
            entered.append((start, end))

        counted = sum(start <= d <= as_of for start, end in entered for d in range(start, end))

        assert ledger.total_until(as_of) == counted


@given(st.lists(intervals, max_size=8), intervals, st.integers(0, 120), st.integers(0, 120))
def test_a_spell_taken_back_was_never_there(
    told: list[tuple[int, int]], wrong: tuple[int, int], first: int, then: int
):
    """Also after the ledger was asked, when some of it already lies in the past."""
    ledger, clean = PersonDays(), PersonDays()
    for span in told:
        ledger.add(*span)
        clean.add(*span)
    ledger.add(*wrong)
    ledger.total_until(min(first, then))
    ledger.add(*wrong, -1)

    assert ledger.total_until(max(first, then)) == clean.total_until(max(first, then))


def test_an_open_spell_grows_with_every_day():
    """It has no end to wait for."""
    ledger = PersonDays()
    ledger.add(5, FOREVER)

    assert [ledger.total_until(d) for d in (4, 5, 9, 1000)] == [0, 1, 5, 996]


TERM = 7


def empty_counts() -> defaultdict[int, dict[int, int]]:
    """What each subject has in the cell's table, before anything is counted."""
    return defaultdict(dict)


def test_a_cell_counts_a_subject_once_and_each_of_its_events():
    """Serious and related subjects are those with at least one such event."""
    cell, subjects = Cell(), empty_counts()
    cell.add(subjects[1], TERM, count_increment(serious=True, related=False), 2)
    cell.add(subjects[1], TERM, count_increment(serious=False, related=True), 1)
    cell.add(subjects[2], TERM, count_increment(serious=False, related=False), 1)

    assert (cell.subjects, cell.events, cell.versions) == (2, 3, 4)
    assert (cell.serious_subjects, cell.serious_events) == (1, 1)
    assert (cell.related_subjects, cell.related_events) == (1, 1)


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), max_size=12), st.data())
def test_a_cell_emptied_in_any_order_is_an_empty_cell(
    told: list[tuple[int, bool, bool]], data: st.DataObject
):
    """Contribution after less contribution before, down to nothing."""
    cell, subjects = Cell(), empty_counts()
    for subject, serious, related in told:
        cell.add(subjects[subject], TERM, count_increment(serious=serious, related=related), 1)
    for subject, serious, related in data.draw(st.permutations(told)):
        cell.add(subjects[subject], TERM, -count_increment(serious=serious, related=related), -1)

    assert cell == Cell() and not any(subjects.values())


def test_a_case_taken_back_twice_stops_the_fold():
    """A count below zero would be a fault hidden for good."""
    cell, subjects = Cell(), empty_counts()
    cell.add(subjects[1], TERM, count_increment(serious=False, related=False), 1)
    cell.add(subjects[1], TERM, -count_increment(serious=False, related=False), -1)

    with pytest.raises(AssertionError, match="taken back twice"):
        cell.add(subjects[1], TERM, -count_increment(serious=False, related=False), -1)


def events_with_person_time(
    period: int | None = None, treatment: int | None = None, since: int = 0
) -> FirstEvents:
    """First events with the person-days before them."""
    events = FirstEvents(0, period, treatment, since, PersonDays())
    events.add_person_days(1, SPELLS, 1)
    return events


def person_days_at(events: FirstEvents, as_of: int = 100) -> int:
    """Person-days at risk as of a day."""
    assert events.person_days is not None
    return events.person_days.total_until(as_of)


def test_a_first_event_ends_the_days_at_risk_with_its_own_day():
    """Up to and including; later spells do not count at all."""
    events = events_with_person_time()
    events.set_first(1, 25 * ARMS_MAX + 0, SPELLS)

    assert (person_days_at(events), events.count_until(24), events.count_until(25)) == (16, 0, 1)
    assert (events.count_on(0), events.count_on(1), len(events)) == (1, 0, 1)


def test_a_first_event_that_moves_or_goes_gives_its_days_back():
    """Earlier, later, and never: the days follow."""
    events = events_with_person_time()
    found: list[int] = []
    for packed in (25 * ARMS_MAX, 12 * ARMS_MAX + 1, 45 * ARMS_MAX + 1, None):
        events.set_first(1, packed, SPELLS)
        found.append(events.person_days.total_until(100) if events.person_days else -1)

    assert found == [16, 3, 36, 50]
    assert (len(events), events.first_event_of(1), events.count_on(1)) == (0, None, 0)


@pytest.mark.parametrize(
    ("period", "treatment", "since", "expected"),
    [(None, 1, 0, 30), (0, None, 0, 30), (1, 1, 0, 20), (None, 0, 0, 20), (None, 1, 15, 25)],
)
def test_first_events_count_only_the_days_in_their_scope(
    period: int | None, treatment: int | None, since: int, expected: int
):
    """A period, a treatment, both, and no day before the term was collected."""
    assert person_days_at(events_with_person_time(period, treatment, since)) == expected


def test_taking_one_first_event_out_leaves_the_others():
    """They stand in order, and close up."""
    events = FirstEvents(0, None, None)
    for subject in range(5):
        events.set_first(subject, (10 + subject) * ARMS_MAX + subject % 2, ())
    for subject in (0, 3):
        events.set_first(subject, None, ())

    assert list(events) == [(1, 11, 1), (2, 12, 0), (4, 14, 0)]
    assert (events.count_on(0), events.count_on(1)) == (2, 1)


def test_spells_do_not_overlap_and_hold_each_day_once():
    """Window, next start, exit: the earliest of them ends a spell; empty ones vanish."""
    told = [
        TreatmentInterval(0, "b", 10, 0, 0),
        TreatmentInterval(30, "c", FOREVER, 1, 1),
        TreatmentInterval(0, "a", 5, 0, 1),
    ]
    found = build_spells(told, [FollowUpEnd(12, 0), FollowUpEnd(50, None)], 7)

    assert found == (Spell(0, 13, 0, 0), Spell(30, 51, 1, 1))
    assert spell_on(12, found) == found[0]
    assert (spell_on(13, found), spell_on(51, found)) == (None, None)
