"""``tocsin quarantine pass``: saves an unreadable batch, and lets its partition go on after it."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from streams.audit.audit_log import AuditAction
from streams.kafka.topics import LOG
from streams.log import BatchUnreadable, Log
from streams.log.batches import UnreadableBatch
from streams.log.kafka import KafkaLog
from streams.settings import Settings
from streams.store import LIVE_SPACE
from tocsin.common.audit import audit_command
from tocsin.common.exits import Exit, Stop
from tocsin.common.services import (
    load_settings_quietly,
    open_store,
    run_or_stop,
    select_partitions,
)


def pass_batch(partition: int, offset: int, /, *, file: Path) -> None:
    """Save a batch that cannot be read to a file, and let the worker go on after it.

    Its records are not included from then on, in a rebuild neither. The worker continues within
    a second.

    Parameters
    ----------
    partition
        Partition of the log that is stopped.
    offset
        First offset of the batch.
    file
        New file for the bytes of the batch as the broker has them.
    """
    settings = load_settings_quietly()
    select_partitions([partition], settings.log_partitions)
    batch, after = run_or_stop(find_unreadable(settings, partition, offset))
    where = {
        "partition": partition,
        "offset": batch.first,
        "through": after - 1,
        "sha256": sha256(batch.raw).hexdigest(),
    }
    with audit_command(settings, AuditAction.CHANGE, where):
        save_new(file, batch.raw)
        run_or_stop(store_passed(settings, partition, batch.first, after))
    print(
        f"partition {partition}: offsets {batch.first} to {after - 1} passed; {file} has the "
        f"{len(batch.raw)} bytes of the batch"
    )


async def find_unreadable(
    settings: Settings, partition: int, offset: int
) -> tuple[UnreadableBatch, int]:
    """Return the unreadable batch at *offset*, and the offset after it.

    Raises Stop where the next records can be read.
    """
    log = KafkaLog(settings.broker, LOG, partition)
    try:
        end = (await log.offset_range()).next
        if not 0 <= offset < end:
            raise Stop(Exit.USAGE, f"partition {partition} has no offset {offset}.")
        batch = await unreadable_at(log, offset)
        if batch is None:
            where = f"partition {partition}, offset {offset}"
            raise Stop(Exit.REJECTED, f"the records at {where} can be read: nothing to pass.")
        return batch, batch.next or await find_readable(log, batch.first, end)
    finally:
        await log.close()


async def unreadable_at(log: Log, offset: int) -> UnreadableBatch | None:
    """Return the batch that keeps *log* from being read at *offset*, or None."""
    try:
        await log.read(offset, 1)
    except BatchUnreadable as error:
        return error.batch
    return None


async def find_readable(log: Log, unreadable: int, end: int) -> int:
    """Return the offset of the first record after *unreadable* that *log* reads, at most *end*.

    The header of the batch does not say where it ends.
    """
    step = 1
    while (readable := min(unreadable + step, end)) < end and await unreadable_at(log, readable):
        unreadable, step = readable, 2 * step
    while readable - unreadable > 1:
        middle = (unreadable + readable) // 2
        if await unreadable_at(log, middle):
            unreadable = middle
        else:
            readable = middle
    records = await log.read(readable, 1)
    return records[0].offset if records else readable


def save_new(path: Path, content: bytes) -> None:
    """Write *content* to disk as a new file.  Raises Stop where that is not possible."""
    try:
        with path.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Stop(Exit.USAGE, f"--file {path}: {error.strerror}. Name a new file.") from None


async def store_passed(settings: Settings, partition: int, first: int, after: int) -> None:
    """Store in the live space that the batch is passed."""
    store = open_store(settings, LIVE_SPACE, partition)
    try:
        await store.release(after - 1, batch_from=first)
    finally:
        await store.close()
