"""Sees whether the log is the one that was folded before: a re-created topic looks like it.

A log that has lost records which were folded long ago goes on: the rows are right without them.
"""

from __future__ import annotations

from streams.log import Identity, Log
from streams.processor.cursor import Cursor, Mark
from streams.processor.stop import Halt, Stopped


async def objection(
    log: Log, identity: Identity, cursor: Cursor, code: str, partitions: int | None = None
) -> Stopped | None:
    """Why *cursor* must not be carried on with *log* and this *code*, or None.

    A log with more *partitions* than were agreed may have a study in two of them.
    """
    if cursor.code not in ("", code):
        return _stop(cursor, Halt.OTHER_CODE, "The projection was written by another version.")
    if cursor.log is not None and cursor.log != identity:
        return _stop(cursor, Halt.OTHER_LOG, _differs(cursor.log, identity))
    if partitions not in (None, identity.partitions):
        told = f"The log has {identity.partitions} partitions, and must have {partitions}."
        return _stop(cursor, Halt.OTHER_LOG, told)
    ends = await log.ends()
    if ends.next < cursor.next:
        told = f"The log ends at {ends.next}, and {cursor.next} records of it were folded."
        return _stop(cursor, Halt.SHORTER_LOG, told)
    if cursor.next < ends.first:
        told = f"The log begins at {ends.first}, and only {cursor.next} records of it were folded."
        return _stop(cursor, Halt.LOST_INPUT, told)
    for mark in (cursor.first, cursor.last):
        if mark is not None and mark.offset >= ends.first and not await _holds(log, mark):
            told = f"Record {mark.offset} of the log is not the one that was folded."
            return _stop(cursor, Halt.OTHER_LOG, told)
    return None


async def _holds(log: Log, mark: Mark) -> bool:
    """Whether the log still has the record of *mark*."""
    found = await log.read(mark.offset, 1)
    return bool(found) and Mark.of(found[0]) == mark


def _differs(before: Identity, now: Identity) -> str:
    if before.cluster != now.cluster:
        return f"The log is in cluster {now.cluster}, and was folded in {before.cluster}."
    return f"The log has {now.partitions} partitions, and had {before.partitions}."


def _stop(cursor: Cursor, reason: Halt, detail: str) -> Stopped:
    return Stopped(cursor.next, reason, detail)
