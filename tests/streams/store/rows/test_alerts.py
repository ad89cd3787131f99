"""An alert register is restored from its row, and its study continues exactly."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.register.update import register_of
from monitor.records import Record
from monitor.state.digest import state_digest
from monitor.state.dirty import DirtySet
from streams.processor.pipeline import RecordResult, apply_record
from streams.records.decode import decode
from streams.store import Fields
from streams.store.rows.load import load_row
from streams.store.rows.row import Row
from tests.alerts.board_logs import with_reviews
from tests.independent.strategies import amended, logs
from tests.streams.reviewed_log import review_entities, reviewed_log

FREQUENT_REVIEWS, RARE_REVIEWS = list(reviewed_log(100)), list(reviewed_log(500))
"""Logs of a board that closes alerts before the next clot, and of one that has just decided."""


def fold_with_restores(
    log: list[bytes], write_every: int, restore_every: int
) -> tuple[Row, Fields, list[RecordResult]]:
    """Fold *log*; write its row every *write_every* records, restore it every *restore_every*.

    Returns the last row, its stored fields and the result of each record.
    """
    row, stored, results = None, Fields(), list[RecordResult]()
    for offset, raw in enumerate(log):
        record = decode(raw)
        if not isinstance(record, Record):
            continue
        study, result = apply_record(row.study if row else None, record, offset)
        results.append(result)
        if row is None and study is not None:
            study.dirty = DirtySet(everything=True)
            row = Row(study, first_offset=offset, last_offset=offset)
        if row is None:
            continue
        row.count_record(offset, result.outcome, result.refusal)
        if offset % write_every == 0:
            stored |= row.take_changes()
        if offset % restore_every == restore_every - 1:
            stored |= row.take_changes()
            row = load_row(row.study.name, stored)
    assert row is not None, "the log opens no study"
    return row, stored | row.take_changes(), results


@pytest.mark.parametrize("log", [FREQUENT_REVIEWS, RARE_REVIEWS], ids=["quick", "slow"])
@pytest.mark.parametrize(("write_every", "restore_every"), [(7, 400), (50, 151)])
def test_a_study_with_reviewed_alerts_continues_exactly_after_a_restore(
    log: list[bytes], write_every: int, restore_every: int
):
    """Alerts, review results, digest and row do not depend on where the worker restarted."""
    whole, whole_fields, whole_results = fold_with_restores(log, len(log), len(log) + 1)
    restored, restored_fields, restored_results = fold_with_restores(
        log, write_every, restore_every
    )

    assert restored_results == whole_results
    assert state_digest(restored.study) == state_digest(whole.study)
    assert register_of(restored.study) == register_of(whole.study)
    assert restored.study.decided_watches == whole.study.decided_watches
    assert restored.study.episodes == whole.study.episodes
    non_empty = [
        {name: value for name, value in each.items() if value}
        for each in (whole_fields, restored_fields)
    ]
    assert non_empty[0] == non_empty[1]


def test_the_logs_have_the_main_moves_of_an_alert():
    """Alerts rise, change and are closed; the second of two reviews of a revision is refused."""
    moves = Counter[str]()
    for log in (FREQUENT_REVIEWS, RARE_REVIEWS):
        row, stored, _ = fold_with_restores(log, len(log), len(log) + 1)
        register = register_of(row.study)
        moves.update(step.move for each in register.entries.values() for step in each.history)

        assert list(register.review_results) == review_entities(log)
        accepted = [each.accepted for each in register.review_results.values()]
        assert any(accepted[::2]) and not any(accepted[1::2])
        assert orjson.loads(stored[f"r|{review_entities(log)[1]}"])["objection"] == "stale"
    assert set(moves) >= {"raise", "rise", "change", "acknowledge", "confirm", "close"}


@settings(max_examples=20)
@given(logs() | amended(), st.randoms(use_true_random=False), st.integers(2, 9))
def test_random_reviews_of_random_logs_continue_exactly_after_a_restore(
    log: list[Any], random: Random, restore_every: int
):
    """Logs have corrections, conflicts, merges and amendments, and valid and invalid reviews."""
    raws = list(with_reviews(map(orjson.dumps, log), random))
    whole, whole_fields, whole_results = fold_with_restores(raws, len(raws), len(raws) + 1)
    restored, restored_fields, restored_results = fold_with_restores(raws, 3, restore_every)

    assert restored_results == whole_results
    assert state_digest(restored.study) == state_digest(whole.study)
    assert register_of(restored.study) == register_of(whole.study)
    assert (restored.study.decided_watches, restored.study.episodes) == (
        whole.study.decided_watches,
        whole.study.episodes,
    )
    non_empty = [
        {name: value for name, value in each.items() if value}
        for each in (whole_fields, restored_fields)
    ]
    assert non_empty[0] == non_empty[1]
