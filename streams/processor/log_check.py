"""Sees whether the log is the one that was folded before: a re-created topic looks like it.

A log that has lost records which were folded long ago goes on: the rows are right without them.
"""

from __future__ import annotations

from streams.log import Log, LogIdentity
from streams.processor.cursor import Cursor, RecordMark
from streams.processor.stop import PartitionStop, StopReason


async def check_log(
    log: Log,
    identity: LogIdentity,
    cursor: Cursor,
    fold_version: str,
    partition_count: int | None = None,
) -> PartitionStop | None:
    """Why *cursor* must not be carried on with *log* and this *code*, or None.

    A log with more *partitions* than were agreed may have a study in two of them.
    """
    if cursor.fold_version not in ("", fold_version):
        return _stop(
            cursor, StopReason.OTHER_CODE, "The projection was written by another version."
        )
    if cursor.log_identity is not None and cursor.log_identity != identity:
        return _stop(
            cursor, StopReason.OTHER_LOG, _describe_difference(cursor.log_identity, identity)
        )
    if partition_count not in (None, identity.partitions):
        detail = f"The log has {identity.partitions} partitions, and must have {partition_count}."
        return _stop(cursor, StopReason.OTHER_LOG, detail)
    offsets = await log.offset_range()
    if offsets.next < cursor.next:
        detail = f"The log ends at {offsets.next}, and {cursor.next} records of it were folded."
        return _stop(cursor, StopReason.SHORTER_LOG, detail)
    if cursor.next < offsets.first:
        detail = (
            f"The log begins at {offsets.first}, and only {cursor.next} records of it were folded."
        )
        return _stop(cursor, StopReason.LOST_INPUT, detail)
    for mark in (cursor.first_mark, cursor.last_mark):
        if mark is not None and mark.offset >= offsets.first and not await _has_record(log, mark):
            detail = f"Record {mark.offset} of the log is not the one that was folded."
            return _stop(cursor, StopReason.OTHER_LOG, detail)
    return None


async def _has_record(log: Log, mark: RecordMark) -> bool:
    """Whether the log still has the record of *mark*."""
    records = await log.read(mark.offset, 1)
    return bool(records) and RecordMark.of(records[0]) == mark


def _describe_difference(before: LogIdentity, now: LogIdentity) -> str:
    if before.cluster != now.cluster:
        return f"The log is in cluster {now.cluster}, and was folded in {before.cluster}."
    return f"The log has {now.partitions} partitions, and had {before.partitions}."


def _stop(cursor: Cursor, reason: StopReason, detail: str) -> PartitionStop:
    return PartitionStop(cursor.next, reason, detail)
