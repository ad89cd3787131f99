"""Folds one record into its study's row, and says what is to be told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import orjson

from alerts.alert import Alert
from monitor.errors import Reason, Refusal
from monitor.records import Record
from monitor.state.dirty import Trace
from monitor.state.entities import Outcome
from monitor.state.study import Study
from streams.kafka.partitioner import partition_of
from streams.processor.pipeline import Told
from streams.store import Fields
from streams.store.rows.row import Row

Fold = Callable[[Study | None, Record, int], tuple[Study | None, Told]]
"""What takes a record into its study, or opens one with it: ``pipeline.take_in``."""

CONFLICT = "conflict"
"""Why a record is set aside that says otherwise than an earlier one of its version."""


def fold_into(row: Row, record: Record, offset: int, fold: Fold) -> Told:
    """Fold *record* into *row*."""
    _, told = fold(row.study, record, offset)
    row.account(offset, told.outcome, told.refusal)
    return told


def open_row(record: Record, offset: int, fold: Fold) -> tuple[Row | None, Told]:
    """The row of the study that *record* opens, or None and why it opens none."""
    study, told = fold(None, record, offset)
    if study is None:
        return None, told
    study.trace = Trace(whole=True)
    row = Row(study, began=offset, pos=offset)
    row.account(offset, told.outcome, told.refusal)
    return row, told


def misplaced(record: Record, key: bytes | None, partition: int, partitions: int) -> Refusal | None:
    """What is wrong with the place of *record* in the log, or None."""
    if key != record.study.encode():
        return Refusal(Reason.WRONG_KEY, "The key is not the study of the record.")
    if partition_of(record.study, partitions) != partition:
        return Refusal(Reason.WRONG_PARTITION, "The partition is not that of the study.")
    return None


def notices(told: Told, offset: int) -> Fields:
    """The entries of the outbox that a record makes: its alerts, or why it is set aside."""
    found = {f"a|{alert.id}|{alert.revision:06d}": _alert(alert) for alert in told.alerts}
    if told.refusal is not None:
        found |= set_aside(offset, told.refusal.reason, told.refusal.detail)
    elif told.outcome is Outcome.CONFLICT:
        found |= set_aside(offset, CONFLICT, "This version was said before with other content.")
    return found


def set_aside(offset: int, reason: str, detail: str) -> Fields:
    """The entry by which a record goes to the dead letters."""
    return {f"d|{offset:020d}": orjson.dumps({"reason": str(reason), "detail": detail})}


def _alert(alert: Alert) -> bytes:
    return orjson.dumps(asdict(alert) | {"hypothetical": False})
