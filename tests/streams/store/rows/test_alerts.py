"""A docket comes back from its row as it was, and the study goes on as if it had never left."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.register.update import docket_of
from monitor.records import Record
from monitor.state.digest import digest
from monitor.state.dirty import Trace
from streams.processor.pipeline import Told, take_in
from streams.records.decode import decode
from streams.store import Fields
from streams.store.rows.load import restore
from streams.store.rows.row import Row
from tests.alerts.board_logs import boarded
from tests.independent.strategies import amended, logs
from tests.streams.reviewed_log import acted, things

QUICK, SLOW = list(acted(100)), list(acted(500))
"""A board that is done before the next clot, and one that has just decided when it comes."""


def folded(log: list[bytes], every: int, leaves: int) -> tuple[Row, Fields, list[Told]]:
    """*log*, its row written *every* so many records, and the study left and taken up again."""
    row, kept, told = None, Fields(), list[Told]()
    for offset, raw in enumerate(log):
        record = decode(raw)
        if not isinstance(record, Record):
            continue
        study, said = take_in(row.study if row else None, record, offset)
        told.append(said)
        if row is None and study is not None:
            study.trace = Trace(whole=True)
            row = Row(study, began=offset, pos=offset)
        if row is None:
            continue
        row.account(offset, said.outcome, said.refusal)
        if offset % every == 0:
            kept |= row.changes()
        if offset % leaves == leaves - 1:
            kept |= row.changes()
            row = restore(row.study.name, kept)
    assert row is not None, "the log opens no study"
    return row, kept | row.changes(), told


@pytest.mark.parametrize("log", [QUICK, SLOW], ids=["quick", "slow"])
@pytest.mark.parametrize(("every", "leaves"), [(7, 400), (50, 151)])
def test_a_study_whose_alerts_are_acted_on_goes_on_exactly(
    log: list[bytes], every: int, leaves: int
):
    """Alerts, answers, digest and row do not show where the worker was restarted."""
    whole, kept, rang = folded(log, len(log), len(log) + 1)
    parted, pieces, told = folded(log, every, leaves)

    assert told == rang
    assert digest(parted.study) == digest(whole.study)
    assert docket_of(parted.study) == docket_of(whole.study)
    assert parted.study.decided == whole.study.decided
    assert parted.study.episodes == whole.study.episodes
    written = [{name: value for name, value in each.items() if value} for each in (kept, pieces)]
    assert written[0] == written[1]


def test_the_logs_have_all_that_can_happen_to_an_alert():
    """Closed and followed by another, reopened; and the second of two on one page is refused."""
    made = Counter[str]()
    for log in (QUICK, SLOW):
        row, kept, _ = folded(log, len(log), len(log) + 1)
        docket = docket_of(row.study)
        made.update(step.move for each in docket.entries.values() for step in each.history)

        assert list(docket.answers) == things(log)
        accepted = [each.accepted for each in docket.answers.values()]
        assert any(accepted[::2]) and not any(accepted[1::2])
        assert orjson.loads(kept[f"r|{things(log)[1]}"])["objection"] == "stale"
    assert set(made) >= {"raise", "rise", "change", "acknowledge", "confirm", "close"}


@settings(max_examples=20)
@given(logs() | amended(), st.randoms(use_true_random=False), st.integers(2, 9))
def test_whatever_a_board_does_in_whatever_log(log: list[Any], random: Random, leaves: int):
    """Corrections, conflicts, merges and amendments under a board that acts well and badly."""
    raws = list(boarded(map(orjson.dumps, log), random))
    whole, kept, rang = folded(raws, len(raws), len(raws) + 1)
    parted, pieces, told = folded(raws, 3, leaves)

    assert told == rang
    assert digest(parted.study) == digest(whole.study)
    assert docket_of(parted.study) == docket_of(whole.study)
    assert (parted.study.decided, parted.study.episodes) == (
        whole.study.decided,
        whole.study.episodes,
    )
    written = [{name: value for name, value in each.items() if value} for each in (kept, pieces)]
    assert written[0] == written[1]
