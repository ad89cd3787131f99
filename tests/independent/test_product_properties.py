"""Hold the product to the batch recount, on drawn trials in every order a log might have."""

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
    """Corrections, repeats, conflicts, merges, retractions, nonsense: row by row the same."""
    assert table_differences(log) == {}


@CAMPAIGN
@given(logs())
def test_every_line_has_the_outcome_the_recount_gives_it(log: list[Record]):
    """The account is the recount's, and its outcomes add up to the lines read."""
    found = outcome_counts_of(log)

    assert {name: found.get(name, 0) for name in OUTCOMES} == dict(outcome_counts(log))
    assert sum(found.values()) == len(log)


@CAMPAIGN
@given(logs())
def test_person_days_equal_the_days_counted_one_by_one(log: list[Record]):
    """In every cell, for every term, in total and up to the first event."""
    trial = recount(log)
    for key, counts in tables_of(log).items():
        right = row(trial, TableKey(*key))
        for name in ("person_days", "person_days_to_first", "subjects_exposed"):
            assert (key, name, counts[name]) == (key, name, right[name])


@CAMPAIGN
@given(logs())
def test_evidence_equals_the_batch_evaluation(log: list[Record]):
    """Log E of every named watch and of every term of tier 2, to 1e-9, on any log."""
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
    """Conflict-free records mean the same in any order that begins with the plan.

    `versions` is left out: a version that arrives after a higher one is stale, so is not counted.
    """
    log = data.draw(conflict_free())
    other = data.draw(reordered(log, versions_in_order=False))

    assert without_versions(rows_of(log)) == without_versions(rows_of(other))
    assert evidence_differences(other) == {}


@CAMPAIGN
@given(st.data())
def test_versions_in_order_give_identical_tables_in_every_column(data: st.DataObject):
    """Between two orders that keep each thing's versions rising there is no difference at all."""
    log = data.draw(conflict_free())
    one, other = (data.draw(reordered(log, versions_in_order=True)) for _ in range(2))

    assert rows_of(one) == rows_of(other)


@CAMPAIGN
@given(logs())
def test_a_replay_and_another_have_one_digest(log: list[Record]):
    """Nothing but the log goes into the final state."""
    assert digest_of(log) == digest_of([dict(record) for record in log])


@CAMPAIGN
@given(st.data())
def test_a_record_said_again_changes_nothing_in_the_tables(data: st.DataObject):
    """A copy anywhere after its original is a duplicate or stale."""
    log = data.draw(conflict_free())
    again = data.draw(repeated(log))

    assert rows_of(again) == rows_of(log)
    assert evidence_differences(again) == {}


@CAMPAIGN
@given(st.one_of(lopsided(), logs()))
def test_the_shortcut_bound_changes_no_verdict(log: list[Record]):
    """A bound decides only what the exact evidence would have decided."""
    assert verdicts_of(log, shortcuts=True) == verdicts_of(log, shortcuts=False)


@CAMPAIGN
@given(amended())
def test_a_later_plan_applies_to_all_data(log: list[Record]):
    """A plan that lengthens the end-of-treatment window also moves what was already counted."""
    assert table_differences(log) == {}
    assert evidence_differences(log) == {}
