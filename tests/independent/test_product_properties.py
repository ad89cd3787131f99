"""Compares the product with the batch recount on drawn trials, in every order a log may have."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.independent.campaign import CAMPAIGN
from tests.independent.compared import (
    evidence_differences,
    rows_of,
    table_differences,
    without_versions,
)
from tests.independent.product import digest_of, outcome_counts_of, tables_of, verdicts_of
from tests.independent.recount import OUTCOMES, TableKey, outcome_counts, recount, row
from tests.independent.strategies import amended, conflict_free, logs, reordered, repeated
from tests.independent.strategies_lopsided import lopsided
from tests.independent.wire_records import Record


@CAMPAIGN
@given(logs())
def test_any_interleaving_of_any_records_gives_the_tables_of_the_recount(log: list[Record]):
    """With corrections, repeats, conflicts, merges, retractions and refusals, all rows agree."""
    assert table_differences(log) == {}


@CAMPAIGN
@given(logs())
def test_every_line_has_the_outcome_that_the_recount_gives_it(log: list[Record]):
    """The outcome counts equal the recount's, and add up to the lines read."""
    counts = outcome_counts_of(log)

    assert {name: counts.get(name, 0) for name in OUTCOMES} == dict(outcome_counts(log))
    assert sum(counts.values()) == len(log)


@CAMPAIGN
@given(logs())
def test_person_days_equal_the_days_counted_one_by_one(log: list[Record]):
    """In every cell and for every term, in total and up to the first event."""
    trial = recount(log)
    for key, counts in tables_of(log).items():
        expected = row(trial, TableKey(*key))
        for name in ("person_days", "person_days_to_first", "subjects_exposed"):
            assert (key, name, counts[name]) == (key, name, expected[name])


@CAMPAIGN
@given(logs())
def test_evidence_equals_the_batch_evaluation(log: list[Record]):
    """Log E of every named watch and of every tier 2 watch, to 1e-9, on any log."""
    assert evidence_differences(log) == {}


@CAMPAIGN
@given(lopsided())
def test_evidence_equals_the_batch_evaluation_where_it_is_strong(log: list[Record]):
    """The same where nearly all events are on one arm and E is large."""
    assert evidence_differences(log) == {}
    assert table_differences(log) == {}


@CAMPAIGN
@given(st.data())
def test_records_in_another_order_give_identical_tables(data: st.DataObject):
    """Conflict-free records give the same tables in any order that begins with the plan.

    *versions* is left out: a version that arrives after a higher one is stale and not counted.
    """
    log = data.draw(conflict_free())
    shuffled = data.draw(reordered(log, versions_in_order=False))

    assert without_versions(rows_of(log)) == without_versions(rows_of(shuffled))
    assert evidence_differences(shuffled) == {}


@CAMPAIGN
@given(st.data())
def test_versions_in_order_give_identical_tables_in_every_column(data: st.DataObject):
    """Two orders in which each entity's versions rise give the same tables."""
    log = data.draw(conflict_free())
    first, second = (data.draw(reordered(log, versions_in_order=True)) for _ in range(2))

    assert rows_of(first) == rows_of(second)


@CAMPAIGN
@given(logs())
def test_two_replays_of_a_log_have_the_same_digest(log: list[Record]):
    """The final state depends on nothing but the log."""
    assert digest_of(log) == digest_of([dict(record) for record in log])


@CAMPAIGN
@given(st.data())
def test_a_repeated_record_changes_nothing_in_the_tables(data: st.DataObject):
    """A copy anywhere after its original is a duplicate or stale."""
    log = data.draw(conflict_free())
    with_repeats = data.draw(repeated(log))

    assert rows_of(with_repeats) == rows_of(log)
    assert evidence_differences(with_repeats) == {}


@CAMPAIGN
@given(st.one_of(lopsided(), logs()))
def test_the_upper_bounds_of_log_e_change_no_verdict(log: list[Record]):
    """A bound decides only what the exact evidence decides too."""
    assert verdicts_of(log, shortcuts=True) == verdicts_of(log, shortcuts=False)


@CAMPAIGN
@given(amended())
def test_a_later_plan_applies_to_all_data(log: list[Record]):
    """A plan that lengthens the end-of-treatment window also changes what is already counted."""
    assert table_differences(log) == {}
    assert evidence_differences(log) == {}
