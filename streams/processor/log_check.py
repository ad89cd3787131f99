"""Checks that the log is the one that was folded before; a re-created topic has the same name.

A log that has lost only records before the cursor is accepted: the rows already include them.
"""

from __future__ import annotations

from streams.log import BatchUnreadable, Log, LogIdentity
from streams.processor.cursor import Cursor, RecordMark
from streams.processor.stop import PartitionStop, StopReason


async def check_log(
    log: Log,
    identity: LogIdentity,
    cursor: Cursor,
    fold_version: str,
    partition_count: int | None = None,
) -> PartitionStop | None:
    """Return why the fold must not continue from *cursor* on *log*, or None if it may.

    *identity* is that of *log*, and *fold_version* that of the running code.  *partition_count* is
    the configured number of partitions, or None for no check: in a log with more partitions a
    study may have records in two of them.
    """
    if cursor.fold_version not in ("", fold_version):
        return _stop(
            cursor, StopReason.OTHER_CODE, "The rows were written by another version of the fold."
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
        detail = f"The log ends at offset {offsets.next}; the next to fold is {cursor.next}."
        return _stop(cursor, StopReason.SHORTER_LOG, detail)
    if cursor.next < offsets.first:
        detail = f"The log begins at offset {offsets.first}; the next to fold is {cursor.next}."
        return _stop(cursor, StopReason.LOST_INPUT, detail)
    return await _check_marks(log, cursor, offsets.first)


async def _check_marks(log: Log, cursor: Cursor, first: int) -> PartitionStop | None:
    """Return a stop where *log*, which begins at offset *first*, has other records at the marks."""
    for mark in (cursor.first_mark, cursor.last_mark):
        if mark is None or mark.offset < first or cursor.has_passed(mark.offset):
            continue
        try:
            if not await _has_record(log, mark):
                detail = f"Record {mark.offset} of the log is not the one that was folded."
                return _stop(cursor, StopReason.OTHER_LOG, detail)
        except BatchUnreadable as error:
            return _stop(cursor, StopReason.UNREADABLE_BATCH, f"{error}")
    return None


async def _has_record(log: Log, mark: RecordMark) -> bool:
    """Return whether *log* has the record of *mark* at its offset, with the same bytes."""
    records = await log.read(mark.offset, 1)
    return bool(records) and RecordMark.of(records[0]) == mark


def _describe_difference(before: LogIdentity, now: LogIdentity) -> str:
    if before.cluster != now.cluster:
        return f"The log is in cluster {now.cluster}, and the folded one was in {before.cluster}."
    return f"The log has {now.partitions} partitions, and the folded one had {before.partitions}."


def _stop(cursor: Cursor, reason: StopReason, detail: str) -> PartitionStop:
    return PartitionStop(cursor.next, reason, detail)
