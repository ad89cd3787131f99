"""Folds one record into its study's row, and says what is to be told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import orjson

from alerts.alert import Alert
from monitor.errors import Reason, Refusal
from monitor.records import Record
from monitor.state.dirty import DirtySet
from monitor.state.entities import RecordOutcome
from monitor.state.study import Study
from streams.kafka.partitioner import partition_of
from streams.processor.pipeline import RecordResult
from streams.store import Fields
from streams.store.rows.row import Row

Fold = Callable[[Study | None, Record, int], tuple[Study | None, RecordResult]]
"""What takes a record into its study, or opens one with it: ``pipeline.take_in``."""

CONFLICT = "conflict"
"""Why a record is set aside that says otherwise than an earlier one of its version."""


def fold_into(row: Row, record: Record, offset: int, fold: Fold) -> RecordResult:
    """Fold *record* into *row*."""
    _, result = fold(row.study, record, offset)
    row.count_record(offset, result.outcome, result.refusal)
    return result


def open_row(record: Record, offset: int, fold: Fold) -> tuple[Row | None, RecordResult]:
    """The row of the study that *record* opens, or None and why it opens none."""
    study, result = fold(None, record, offset)
    if study is None:
        return None, result
    study.dirty = DirtySet(everything=True)
    row = Row(study, first_offset=offset, last_offset=offset)
    row.count_record(offset, result.outcome, result.refusal)
    return row, result


def check_placement(
    record: Record, key: bytes | None, partition: int, partition_count: int
) -> Refusal | None:
    """What is wrong with the place of *record* in the log, or None."""
    if key != record.study.encode():
        return Refusal(Reason.WRONG_KEY, "The key is not the study of the record.")
    if partition_of(record.study, partition_count) != partition:
        return Refusal(Reason.WRONG_PARTITION, "The partition is not that of the study.")
    return None


def outbox_entries(result: RecordResult, offset: int) -> Fields:
    """The entries of the outbox that a record makes: its alerts, or why it is set aside."""
    entries = {
        f"a|{alert.id}|{alert.revision:06d}": _encode_alert(alert) for alert in result.alerts
    }
    if result.refusal is not None:
        entries |= dead_letter_entry(offset, result.refusal.reason, result.refusal.detail)
    elif result.outcome is RecordOutcome.CONFLICT:
        entries |= dead_letter_entry(
            offset, CONFLICT, "This version was said before with other content."
        )
    return entries


def dead_letter_entry(offset: int, reason: str, detail: str) -> Fields:
    """The entry by which a record goes to the dead letters."""
    return {f"d|{offset:020d}": orjson.dumps({"reason": str(reason), "detail": detail})}


def _encode_alert(alert: Alert) -> bytes:
    return orjson.dumps(asdict(alert) | {"hypothetical": False})
