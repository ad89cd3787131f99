"""Overlapping treatments of one subject: no record id decides which of them counts."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.dates import FOREVER
from monitor.exposure.person_time import TreatmentInterval, build_spells

Stated = tuple[int, int, str]
"""First day, first day after, and treatment."""


def days(stated: list[Stated], window: int | None = 0) -> list[tuple[int, int, str]]:
    """Return the spells of *stated*, which must be the same whatever the ids."""
    found = {
        tuple(
            (spell.start, spell.end, "ABC"[spell.treatment])
            for spell in build_spells(
                [
                    TreatmentInterval(start, name, end, 0, "ABC".index(treatment))
                    for name, (start, end, treatment) in zip(names, stated, strict=True)
                ],
                [],
                window,
            )
        )
        for names in permutations("abcdef"[: len(stated)])
    }
    (spells,) = found
    return list(spells)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        # A later start ends the earlier treatment, whatever its stated end.
        ([(0, 100, "A"), (50, 60, "B")], [(0, 50, "A"), (50, 60, "B")]),
        ([(0, FOREVER, "A"), (50, 60, "B")], [(0, 50, "A"), (50, 60, "B")]),
        # One that goes on is a new interval.
        (
            [(0, 100, "A"), (50, 60, "B"), (60, 100, "A")],
            [(0, 50, "A"), (50, 60, "B"), (60, 100, "A")],
        ),
        # Intervals of one treatment are united.
        ([(0, 100, "A"), (50, 60, "A")], [(0, 100, "A")]),
        ([(0, 60, "A"), (50, 100, "A"), (50, 70, "A")], [(0, 100, "A")]),
        ([(0, 10, "A"), (20, 30, "A")], [(0, 10, "A"), (20, 30, "A")]),
        # Two that start on one day: neither has the days that both cover.
        ([(0, 10, "A"), (0, 30, "B")], [(10, 30, "B")]),
        ([(0, 10, "A"), (0, 10, "B")], []),
        ([(0, FOREVER, "A"), (0, FOREVER, "B")], []),
        ([(0, 0, "A"), (0, 30, "B")], [(0, 30, "B")]),
        ([(0, 10, "A"), (0, 20, "B"), (0, 30, "C")], [(20, 30, "C")]),
        # They too end what was given before, and are ended by what comes after.
        ([(0, 100, "C"), (10, 20, "A"), (10, 40, "B")], [(0, 10, "C"), (20, 40, "B")]),
        ([(0, 30, "A"), (0, 50, "B"), (10, 20, "A")], [(10, 30, "A")]),
    ],
)
def test_what_counts_follows_from_the_dates(stated: list[Stated], expected: list[Stated]):
    """The days that count are those of the rule in docs/records.md."""
    assert days(stated) == expected


def test_a_window_follows_the_treatment_that_ends_last():
    """Days after the end count for the longer treatment, and for none where both end together."""
    assert days([(0, 10, "A"), (0, 30, "B")], window=7) == [(10, 37, "B")]
    assert days([(0, 10, "A"), (0, 10, "B")], window=7) == []


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 6), st.sampled_from("ABC")),
        min_size=2,
        max_size=4,
    ),
    st.sampled_from([None, 0, 3]),
)
def test_no_id_decides(drawn: list[tuple[int, int, str]], window: int | None):
    """Every order of ids gives the same spells, in order and without overlap."""
    spells = days([(start, start + length, name) for start, length, name in drawn], window)

    assert all(first[1] <= second[0] for first, second in pairwise(spells))
