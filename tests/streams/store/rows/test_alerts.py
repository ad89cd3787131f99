"""A docket comes back from its row as it was, and the study goes on as if it had never left."""

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
"""A board that is done before the next clot, and one that has just decided when it comes."""


def fold_with_restores(
    log: list[bytes], every: int, leaves: int
) -> tuple[Row, Fields, list[RecordResult]]:
    """*log*, its row written *every* so many records, and the study left and taken up again."""
    row, kept, told = None, Fields(), list[RecordResult]()
    for offset, raw in enumerate(log):
        record = decode(raw)
        if not isinstance(record, Record):
            continue
        study, said = apply_record(row.study if row else None, record, offset)
        told.append(said)
        if row is None and study is not None:
            study.dirty = DirtySet(everything=True)
            row = Row(study, first_offset=offset, last_offset=offset)
        if row is None:
            continue
        row.count_record(offset, said.outcome, said.refusal)
        if offset % every == 0:
            kept |= row.take_changes()
        if offset % leaves == leaves - 1:
            kept |= row.take_changes()
            row = load_row(row.study.name, kept)
    assert row is not None, "the log opens no study"
    return row, kept | row.take_changes(), told


@pytest.mark.parametrize("log", [FREQUENT_REVIEWS, RARE_REVIEWS], ids=["quick", "slow"])
@pytest.mark.parametrize(("every", "leaves"), [(7, 400), (50, 151)])
def test_a_study_whose_alerts_are_acted_on_goes_on_exactly(
    log: list[bytes], every: int, leaves: int
):
    """Alerts, answers, digest and row do not show where the worker was restarted."""
    whole, kept, rang = fold_with_restores(log, len(log), len(log) + 1)
    parted, pieces, told = fold_with_restores(log, every, leaves)

    assert told == rang
    assert state_digest(parted.study) == state_digest(whole.study)
    assert register_of(parted.study) == register_of(whole.study)
    assert parted.study.decided_watches == whole.study.decided_watches
    assert parted.study.episodes == whole.study.episodes
    written = [{name: value for name, value in each.items() if value} for each in (kept, pieces)]
    assert written[0] == written[1]


def test_the_logs_have_all_that_can_happen_to_an_alert():
    """Closed and followed by another, reopened; and the second of two on one page is refused."""
    made = Counter[str]()
    for log in (FREQUENT_REVIEWS, RARE_REVIEWS):
        row, kept, _ = fold_with_restores(log, len(log), len(log) + 1)
        docket = register_of(row.study)
        made.update(step.move for each in docket.entries.values() for step in each.history)

        assert list(docket.review_results) == review_entities(log)
        accepted = [each.accepted for each in docket.review_results.values()]
        assert any(accepted[::2]) and not any(accepted[1::2])
        assert orjson.loads(kept[f"r|{review_entities(log)[1]}"])["objection"] == "stale"
    assert set(made) >= {"raise", "rise", "change", "acknowledge", "confirm", "close"}


@settings(max_examples=20)
@given(logs() | amended(), st.randoms(use_true_random=False), st.integers(2, 9))
def test_whatever_a_board_does_in_whatever_log(log: list[Any], random: Random, leaves: int):
    """Corrections, conflicts, merges and amendments under a board that acts well and badly."""
    raws = list(with_reviews(map(orjson.dumps, log), random))
    whole, kept, rang = fold_with_restores(raws, len(raws), len(raws) + 1)
    parted, pieces, told = fold_with_restores(raws, 3, leaves)

    assert told == rang
    assert state_digest(parted.study) == state_digest(whole.study)
    assert register_of(parted.study) == register_of(whole.study)
    assert (parted.study.decided_watches, parted.study.episodes) == (
        whole.study.decided_watches,
        whole.study.episodes,
    )
    written = [{name: value for name, value in each.items() if value} for each in (kept, pieces)]
    assert written[0] == written[1]
