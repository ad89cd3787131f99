"""``tocsin rebuild``: the tables anew from the log, which alone is the truth."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from streams.audit.audit_log import Act
from streams.kafka.topics import LOG
from streams.log.kafka import KafkaLog
from streams.processor import Lane, Moved
from streams.processor.pipeline import take_in
from streams.processor.refold import at_work, refold
from streams.records.signing import Trust
from streams.settings import Settings
from streams.store import LIVE
from tocsin.common.audit import audited
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag
from tocsin.common.gc_tuning import dismiss_the_collector
from tocsin.common.progress import Bars
from tocsin.common.services import answered, chosen, kept, partitions_agreed, quietly_settled
from tocsin.common.settings import trusted

AT_ONCE = 2
"""Partitions: while one waits for Kafka or Redis, another is folded."""


def rebuild(
    *,
    partition: tuple[int, ...] = (),
    space: Annotated[str, Parameter(show_default=True)] = LIVE,
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
    settings = quietly_settled()
    trust = trusted(settings)
    numbers = chosen(partition, settings.log_partitions)
    dismiss_the_collector()
    with audited(settings, Act.CHANGE, {"space": space}), Bars(watched=not quiet) as bars:
        answered(partitions_agreed(settings))
        refuse_where_at_work(settings, space, numbers)
        answered(each_rebuilt(partial(rebuilt, settings, space, trust, bars), numbers))


def refuse_where_at_work(settings: Settings, space: str, numbers: list[int]) -> None:
    """Stop if a worker holds one of the partitions: each would undo what the other does."""
    held = answered(asyncio.to_thread(at_work, settings.broker, space, LOG))
    if taken := sorted(held & set(numbers)):
        names = ", ".join(map(str, taken))
        says = f"A worker holds partition{'s' * (len(taken) != 1)} {names}"
        raise Stop(Exit.USAGE, f"{says}: stop the workers of space {space} first (SIGTERM).")


async def each_rebuilt(rebuild: Callable[[int], Awaitable[str]], numbers: list[int]) -> None:
    """Rebuild the partitions in their order, and say so of each: some wait, and others go on."""
    places = asyncio.Semaphore(AT_ONCE)

    async def in_turn(number: int) -> str:
        async with places:
            return await rebuild(number)

    for told in [asyncio.create_task(in_turn(number)) for number in numbers]:
        print(await told, flush=True)


async def rebuilt(settings: Settings, space: str, trust: Trust, bars: Bars, number: int) -> str:
    """Rebuild one partition; what to say of it."""
    log, store = KafkaLog(settings.broker, LOG, number), kept(settings, space, number)
    try:
        ends, begun = await log.ends(), time.monotonic()
        await store.check()
        await store.rewind(None)
        lane = Lane(log, store, partition=number, fold=partial(take_in, trust=trust))
        await lane.claim()
        position = await refold(lane, log, tell=bars.add(f"partition {number}", ends.next))
        studies = len(await store.studies())
        seconds = time.monotonic() - begun
    except Moved:
        says = f"A worker has taken partition {number} in the meantime, and goes on with it"
        raise Stop(Exit.USAGE, f"{says}: stop it, and rebuild again.") from None
    finally:
        await log.close()
        await store.close()
    return f"partition {number}: {counted(position, studies)}, {seconds:.1f} s"


def counted(records: int, studies: int) -> str:
    """So many records of so many studies, in words."""
    of = f"{studies} {'study' if studies == 1 else 'studies'}"
    return f"{records} record{'s' * (records != 1)}, {of}"
