"""``tocsin rebuild``: deletes the tables of partitions in Redis and folds their log again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from streams.audit.audit_log import AuditAction
from streams.kafka.topics import LOG
from streams.log.kafka import KafkaLog
from streams.processor.pipeline import apply_record
from streams.processor.processor import PartitionProcessor
from streams.processor.refold import partitions_in_use, refold
from streams.processor.stop import CursorMoved
from streams.records.signing import Trust
from streams.settings import Settings
from streams.store import LIVE_SPACE
from tocsin.common.audit import audit_command
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag
from tocsin.common.gc_tuning import disable_gc
from tocsin.common.progress import ProgressBars
from tocsin.common.services import (
    check_partition_count,
    load_settings_quietly,
    open_store,
    run_or_stop,
    select_partitions,
)
from tocsin.common.settings import load_trust

PARTITIONS_AT_ONCE = 2
"""Partitions rebuilt concurrently: one is folded while the other waits for Kafka or Redis."""


def rebuild(
    *,
    partition: tuple[int, ...] = (),
    space: Annotated[str, Parameter(show_default=True)] = LIVE_SPACE,
    quiet: Flag = False,
) -> None:
    """Delete the tables of the log's partitions in Redis, and fold the log from its first record.

    Alerts are published again with the same id and revision, by which receivers detect duplicates.
    Stop the workers first: a partition that a worker owns is not rebuilt.

    Exit codes: 0 done, 2 a flag or a setting is invalid, or a worker owns a partition, 3 the log
    cannot be folded to its end, 4 the broker or the store does not answer.

    Parameters
    ----------
    partition
        Rebuild only this partition; may be repeated.
    space
        Space in Redis whose tables are rebuilt.
    quiet
        Show no progress bar.
    """
    settings = load_settings_quietly()
    trust = load_trust(settings)
    partitions = select_partitions(partition, settings.log_partitions)
    disable_gc()
    with (
        audit_command(settings, AuditAction.CHANGE, {"space": space}),
        ProgressBars(enabled=not quiet) as bars,
    ):
        run_or_stop(check_partition_count(settings))
        refuse_partitions_in_use(settings, space, partitions)
        run_or_stop(
            rebuild_all(partial(rebuild_partition, settings, space, trust, bars), partitions)
        )


def refuse_partitions_in_use(settings: Settings, space: str, partitions: list[int]) -> None:
    """Raise Stop if a worker owns one of *partitions*: both would write to the same rows."""
    in_use = run_or_stop(asyncio.to_thread(partitions_in_use, settings.broker, space, LOG))
    if conflicting := sorted(in_use & set(partitions)):
        names = ", ".join(map(str, conflicting))
        message = f"A worker owns partition{'s' * (len(conflicting) != 1)} {names}"
        raise Stop(Exit.USAGE, f"{message}: stop the workers of space {space} first (SIGTERM).")


async def rebuild_all(rebuild_one: Callable[[int], Awaitable[str]], partitions: list[int]) -> None:
    """Rebuild `PARTITIONS_AT_ONCE` partitions at a time, and print the results in order."""
    semaphore = asyncio.Semaphore(PARTITIONS_AT_ONCE)

    async def rebuild_limited(partition: int) -> str:
        async with semaphore:
            return await rebuild_one(partition)

    for task in [asyncio.create_task(rebuild_limited(partition)) for partition in partitions]:
        print(await task, flush=True)


async def rebuild_partition(
    settings: Settings, space: str, trust: Trust, bars: ProgressBars, partition: int
) -> str:
    """Rebuild one partition; returns the result line to print.

    Raises Stop where a worker has claimed the partition meanwhile.
    """
    log, store = KafkaLog(settings.broker, LOG, partition), open_store(settings, space, partition)
    try:
        ends, started = await log.offset_range(), time.monotonic()
        await store.check()
        await store.rewind(None)
        processor = PartitionProcessor(
            log, store, partition=partition, fold=partial(apply_record, trust=trust)
        )
        await processor.claim()
        position = await refold(
            processor, log, on_progress=bars.add(f"partition {partition}", ends.next)
        )
        studies = len(await store.studies())
        seconds = time.monotonic() - started
    except CursorMoved:
        message = f"A worker has claimed partition {partition} during the rebuild"
        raise Stop(Exit.USAGE, f"{message}: stop the worker, and rebuild again.") from None
    finally:
        await log.close()
        await store.close()
    return f"partition {partition}: {counts_text(position, studies)}, {seconds:.1f} s"


def counts_text(records: int, studies: int) -> str:
    """Text such as `12 records, 1 study`."""
    studies_text = f"{studies} {'study' if studies == 1 else 'studies'}"
    return f"{records} record{'s' * (records != 1)}, {studies_text}"
