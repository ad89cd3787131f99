"""Folds one record into the row of its study, and builds the outbox entries that follow."""

from __future__ import annotations

from collections.abc import Callable

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
from streams.store.rows.alerts import alert_fields
from streams.store.rows.row import Row

Fold = Callable[[Study | None, Record, int], tuple[Study | None, RecordResult]]
"""Folds a record at an offset into its study, or opens one: see ``pipeline.apply_record``."""

CONFLICT = "conflict"
"""Reason of the dead letter of a version that was sent before with other content."""


def fold_into(row: Row, record: Record, offset: int, fold: Fold) -> RecordResult:
    """Fold *record*, at *offset* of the log, into *row*, and count its outcome there."""
    _, result = fold(row.study, record, offset)
    row.count_record(offset, result.outcome, result.refusal)
    return result


def open_row(record: Record, offset: int, fold: Fold) -> tuple[Row | None, RecordResult]:
    """Return the row of the study that *record* opens, or None where the result is a refusal."""
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
    """Return the refusal of a *record* with the wrong key or in the wrong partition, or None.

    All records of a study must be in one partition: their order is the order of the fold.
    """
    if key != record.study.encode():
        return Refusal(Reason.WRONG_KEY, "The key is not the study of the record.")
    if partition_of(record.study, partition_count) != partition:
        return Refusal(Reason.WRONG_PARTITION, "The partition is not that of the study.")
    return None


def outbox_entries(result: RecordResult, offset: int) -> Fields:
    """Return the outbox entries of one record: its alerts, and a dead letter if it was refused.

    A conflicting version becomes a dead letter as well.
    """
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
    """Return the outbox entry that publishes the record at *offset* as a dead letter."""
    return {f"d|{offset:020d}": orjson.dumps({"reason": str(reason), "detail": detail})}


def _encode_alert(alert: Alert) -> bytes:
    return orjson.dumps(alert_fields(alert) | {"hypothetical": False})
