"""Checks the recount's outcomes of lines, and of unallocated cases, on small logs."""

from __future__ import annotations

from typing import Any

from tests.independent.builders import event, merge, plan, plan_text, subject, tick, treatment
from tests.independent.recount import TableKey, outcome_counts, recount, row
from tests.independent.wire_records import Record


def outcomes_reached(log: list[Record], **options: Any) -> dict[str, int]:
    """Return the outcomes that occur, including that of the plan's own line."""
    counts = outcome_counts([plan(plan_text(**options)), *log])
    return {name: count for name, count in counts.items() if count}


def test_a_merge_that_would_close_a_cycle_is_refused():
    """S2 is merged into S1 and S3 into S2, so S1 cannot be merged into S3."""
    log = [
        merge("m1", "subject", "S2", "S1"),
        merge("m2", "subject", "S3", "S2"),
        merge("m3", "subject", "S1", "S3"),
    ]

    assert outcomes_reached(log) == {"folded": 3, "refused": 1}


def test_every_line_has_one_of_six_outcomes():
    """Duplicates, conflicts, stale, refused and unallocated lines are all counted."""
    first = event("c1", "S1", 3, version=2)
    log = [
        treatment("S1", "act", 0, 10),
        first,
        {**first, "known_at": "2020-01-02T10:00:00Z"},
        {**first, "preferred_term": "PE"},
        {**first, "source": {**first["source"], "version": 1}},
        {**event("c2", "S1", 3), "seriuos": True},
        {**tick(9), "known_at": "2020-01-09T10:00:00Z"},
        event("c3", "S1", 3, known=500),
        event("c4", "S9", 3),
        event("c4", "S9", 4, version=2),
    ]

    assert outcomes_reached(log) == {
        "folded": 4,
        "duplicate": 1,
        "conflict": 1,
        "stale": 1,
        "refused": 2,
        "unallocated": 2,
    }


def test_an_unallocated_case_is_folded_once_its_subject_is_allocated():
    """The event comes first; after the allocation it is an event outside every treatment."""
    log = [event("c1", "S9", 3), subject("S9", "act")]

    assert outcomes_reached(log[:1]) == {"folded": 1, "unallocated": 1}
    assert outcomes_reached(log) == {"folded": 3}
    trial = recount([plan(plan_text()), *log, tick(9)])
    assert row(trial, TableKey("first", "act", "any", "any"))["events"] == 0
