"""Person-days, cells, first events and spells, each checked against a direct count."""

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
def test_person_days_equal_the_days_counted_one_by_one(
    spans: list[tuple[int, int]], days: list[int]
):
    """Holds as of any rising days, with spells added before and between the queries."""
    person_days, entered = PersonDays(), list[tuple[int, int]]()
    for number, as_of in enumerate(sorted(days)):
        for start, end in spans[number :: len(days)]:
            person_days.add(start, end)
            entered.append((start, end))

        counted = sum(start <= d <= as_of for start, end in entered for d in range(start, end))

        assert person_days.total_until(as_of) == counted


@given(st.lists(intervals, max_size=8), intervals, st.integers(0, 120), st.integers(0, 120))
def test_a_removed_spell_has_no_effect(
    spans: list[tuple[int, int]], removed: tuple[int, int], first: int, second: int
):
    """Also after a query, when part of the spell is in the past."""
    person_days, expected = PersonDays(), PersonDays()
    for span in spans:
        person_days.add(*span)
        expected.add(*span)
    person_days.add(*removed)
    person_days.total_until(min(first, second))
    person_days.add(*removed, -1)

    assert person_days.total_until(max(first, second)) == expected.total_until(max(first, second))


def test_an_open_spell_grows_with_every_day():
    """A spell without an end counts every day up to the as-of day."""
    person_days = PersonDays()
    person_days.add(5, FOREVER)

    assert [person_days.total_until(d) for d in (4, 5, 9, 1000)] == [0, 1, 5, 996]


TERM = 7


def empty_counts() -> defaultdict[int, dict[int, int]]:
    """The counts of each subject in the cell's table, all empty."""
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
def test_a_cell_is_empty_after_removals_in_any_order(
    contributions: list[tuple[int, bool, bool]], data: st.DataObject
):
    """Removing all contributions in any order leaves an empty cell."""
    cell, subjects = Cell(), empty_counts()
    for subject, serious, related in contributions:
        cell.add(subjects[subject], TERM, count_increment(serious=serious, related=related), 1)
    for subject, serious, related in data.draw(st.permutations(contributions)):
        cell.add(subjects[subject], TERM, -count_increment(serious=serious, related=related), -1)

    assert cell == Cell() and not any(subjects.values())


def test_removing_a_case_twice_raises_an_error():
    """A count below zero would hide a fault."""
    cell, subjects = Cell(), empty_counts()
    cell.add(subjects[1], TERM, count_increment(serious=False, related=False), 1)
    cell.add(subjects[1], TERM, -count_increment(serious=False, related=False), -1)

    with pytest.raises(AssertionError, match="removed twice"):
        cell.add(subjects[1], TERM, -count_increment(serious=False, related=False), -1)


def events_with_person_time(
    period: int | None = None, treatment: int | None = None, since: int = 0
) -> FirstEvents:
    """First events, with the person-days before them."""
    events = FirstEvents(0, period, treatment, since, PersonDays())
    events.add_person_days(1, SPELLS, 1)
    return events


def person_days_at(events: FirstEvents, as_of: int = 100) -> int:
    """Person-days at risk as of a day."""
    assert events.person_days is not None
    return events.person_days.total_until(as_of)


def test_a_first_event_ends_the_days_at_risk_with_its_own_day():
    """The day of the event is included; later spells do not count."""
    events = events_with_person_time()
    events.set_first(1, 25 * ARMS_MAX + 0, SPELLS)

    assert (person_days_at(events), events.count_until(24), events.count_until(25)) == (16, 0, 1)
    assert (events.count_on(0), events.count_on(1), len(events)) == (1, 0, 1)


def test_person_days_follow_a_first_event_that_moves_or_is_removed():
    """Person-days follow an earlier, a later and a removed first event."""
    events = events_with_person_time()
    totals: list[int] = []
    for packed in (25 * ARMS_MAX, 12 * ARMS_MAX + 1, 45 * ARMS_MAX + 1, None):
        events.set_first(1, packed, SPELLS)
        totals.append(events.person_days.total_until(100) if events.person_days else -1)

    assert totals == [16, 3, 36, 50]
    assert (len(events), events.first_event_of(1), events.count_on(1)) == (0, None, 0)


@pytest.mark.parametrize(
    ("period", "treatment", "since", "expected"),
    [(None, 1, 0, 30), (0, None, 0, 30), (1, 1, 0, 20), (None, 0, 0, 20), (None, 1, 15, 25)],
)
def test_first_events_count_only_the_days_in_their_scope(
    period: int | None, treatment: int | None, since: int, expected: int
):
    """The scope is a period, a treatment, both, or the days since collection of the term."""
    assert person_days_at(events_with_person_time(period, treatment, since)) == expected


def test_removing_one_first_event_leaves_the_others():
    """The remaining first events keep their order."""
    events = FirstEvents(0, None, None)
    for subject in range(5):
        events.set_first(subject, (10 + subject) * ARMS_MAX + subject % 2, ())
    for subject in (0, 3):
        events.set_first(subject, None, ())

    assert list(events) == [(1, 11, 1), (2, 12, 0), (4, 14, 0)]
    assert (events.count_on(0), events.count_on(1)) == (2, 1)


def test_spells_do_not_overlap_and_hold_each_day_once():
    """Window, next start or exit, the earliest, ends a spell; empty spells are dropped."""
    treatment_intervals = [
        TreatmentInterval(0, "b", 10, 0, 0),
        TreatmentInterval(30, "c", FOREVER, 1, 1),
        TreatmentInterval(0, "a", 5, 0, 1),
    ]
    spells = build_spells(treatment_intervals, [FollowUpEnd(12, 0), FollowUpEnd(50, None)], 7)

    assert spells == (Spell(5, 13, 0, 0), Spell(30, 51, 1, 1))
    assert spell_on(12, spells) == spells[0]
    assert (spell_on(13, spells), spell_on(51, spells)) == (None, None)
