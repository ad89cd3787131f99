"""``tocsin rebuild``: the tables anew from the log, which alone is the truth."""

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
from streams.processor import CursorMoved, PartitionProcessor
from streams.processor.pipeline import apply_record
from streams.processor.refold import partitions_in_use, refold
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
"""Partitions: while one waits for Kafka or Redis, another is folded."""


def rebuild(
    *,
    partition: tuple[int, ...] = (),
    space: Annotated[str, Parameter(show_default=True)] = LIVE_SPACE,
    quiet: Flag = False,
) -> None:
    """Drop what Redis holds of the log's partitions, and fold them from their first record on.

    Alerts that were told before are told again under their names, by which every receiver knows
    them.  Refuses where a worker holds the partition: stop it first.

    Exit codes: 0 done, 2 a flag or a setting is wrong, or a worker is at it, 3 the log cannot be
    folded to its end, 4 no broker or no store.

    Parameters
    ----------
    partition
        Only this one; may be given again.
    space
        Where the tables are kept.
    quiet
        Shows no progress.
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
    """Stop if a worker holds one of the partitions: each would undo what the other does."""
    in_use = run_or_stop(asyncio.to_thread(partitions_in_use, settings.broker, space, LOG))
    if conflicting := sorted(in_use & set(partitions)):
        names = ", ".join(map(str, conflicting))
        message = f"A worker holds partition{'s' * (len(conflicting) != 1)} {names}"
        raise Stop(Exit.USAGE, f"{message}: stop the workers of space {space} first (SIGTERM).")


async def rebuild_all(rebuild_one: Callable[[int], Awaitable[str]], partitions: list[int]) -> None:
    """Rebuild the partitions in their order, and say so of each: some wait, and others go on."""
    semaphore = asyncio.Semaphore(PARTITIONS_AT_ONCE)

    async def rebuild_limited(partition: int) -> str:
        async with semaphore:
            return await rebuild_one(partition)

    for task in [asyncio.create_task(rebuild_limited(partition)) for partition in partitions]:
        print(await task, flush=True)


async def rebuild_partition(
    settings: Settings, space: str, trust: Trust, bars: ProgressBars, partition: int
) -> str:
    """Rebuild one partition; what to say of it."""
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
        message = f"A worker has taken partition {partition} in the meantime, and goes on with it"
        raise Stop(Exit.USAGE, f"{message}: stop it, and rebuild again.") from None
    finally:
        await log.close()
        await store.close()
    return f"partition {partition}: {counts_text(position, studies)}, {seconds:.1f} s"


def counts_text(records: int, studies: int) -> str:
    """So many records of so many studies, in words."""
    studies_text = f"{studies} {'study' if studies == 1 else 'studies'}"
    return f"{records} record{'s' * (records != 1)}, {studies_text}"
