"""Checks that somebody folds the log, delivers the alerts and ticks the studies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from streams.delivery.deliverer import CONSUMER_GROUP
from streams.diagnostics.finding import CheckState, Finding, wrong_finding
from streams.kafka.topics import ALERTS, LOG
from streams.log import Log, LogUnreachable, RecordsGone
from streams.log.kafka import KafkaLog
from streams.processor.refold import assigned_in_group, partitions_in_use
from streams.settings import Settings
from streams.store import LIVE_SPACE, Store, StoreMisconfigured, StoreUnreachable
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect

MOVE_SECONDS = 5.0
"""Time within which a worker with lag must have folded a record."""

POLL_SECONDS = 0.5

TICK_SECONDS = 26 * 3_600
"""A study without any record, ticks included, for this long has no person-time of today."""

NEWEST_RECORDS = 2_000
"""Records at the end of each partition in which the studies of the last day are looked for."""

NAMES_SHOWN_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionWork:
    """What remains of one partition: the cursor's position, and whether a record waits there.

    *silent_studies* are those without a record for TICK_SECONDS.  A *stopped* partition waits for
    an operator: see ``check_partitions``.
    """

    position: int
    has_lag: bool
    stopped: bool
    silent_studies: Sequence[str] = ()


async def check_running(settings: Settings) -> list[Finding]:
    """Check workers, deliverers and ticks of the live space."""
    client, numbers = connect(settings.store), range(settings.log_partitions)
    logs = [KafkaLog(settings.broker, LOG, each) for each in numbers]
    stores = [RedisStore(client, Keys(LIVE_SPACE, LOG, each)) for each in numbers]
    try:
        owned = await asyncio.to_thread(partitions_in_use, settings.broker, LIVE_SPACE, LOG)
        delivered = await asyncio.to_thread(
            assigned_in_group, settings.broker, CONSUMER_GROUP, ALERTS
        )
        work = dict(enumerate(await asyncio.gather(*map(partition_work, logs, stores))))
        stuck = await find_stuck(work, stores)
    except (LogUnreachable, RecordsGone, StoreUnreachable, StoreMisconfigured) as error:
        message = f"cannot check who folds the log: {error}"
        return [wrong_finding("workers", message, "tocsin topics apply")]
    finally:
        await asyncio.gather(*(log.close() for log in logs))
        await client.aclose()
    return [
        *worker_findings(owned, work, stuck),
        delivery_finding(delivered, settings.alert_partitions, expected=settings.delivery_file),
        *tick_findings(work),
    ]


async def partition_work(log: Log, store: Store) -> PartitionWork:
    """Return what remains of the partition of *log*, whose cursor is in *store*."""
    cursor, offsets = await store.cursor(), await log.offset_range()
    position = int(cursor.get("next") or b"0")
    start = max(offsets.first, position)
    return PartitionWork(
        position=position,
        # A record, because the end offset also counts transaction markers.
        has_lag=start < offsets.next and bool(await log.read(start, 1)),
        stopped=bool(cursor.get("stopped")),
        silent_studies=await find_silent(log, await store.studies(), time.time()),
    )


async def find_silent(log: Log, studies: Sequence[str], now: float) -> Sequence[str]:
    """Return those of *studies* without a record in *log* in the TICK_SECONDS before *now*."""
    if not studies:
        return []
    offsets, recent = await log.offset_range(), set[bytes]()
    start = max(offsets.first, offsets.next - NEWEST_RECORDS)
    while records := await log.read(start, NEWEST_RECORDS):
        for record in records:
            milliseconds: int = getattr(record, "timestamp", 0)
            if record.key is not None and milliseconds / 1_000 > now - TICK_SECONDS:
                recent.add(record.key)
        start = records[-1].offset + 1
    return [each for each in studies if each.encode() not in recent]


async def find_stuck(
    work: Mapping[int, PartitionWork], stores: Sequence[Store], wait: float = MOVE_SECONDS
) -> list[int]:
    """Return the partitions with lag whose cursor does not move within *wait* seconds."""
    waiting = {n: each.position for n, each in work.items() if each.has_lag and not each.stopped}
    deadline = time.monotonic() + wait
    while waiting and time.monotonic() < deadline:
        await asyncio.sleep(min(POLL_SECONDS, wait))
        for number in list(waiting):
            cursor = await stores[number].cursor()
            if int(cursor.get("next") or b"0") != waiting[number] or cursor.get("stopped"):
                del waiting[number]
    return sorted(waiting)


def worker_findings(
    owned: Collection[int], work: Mapping[int, PartitionWork], stuck: Sequence[int]
) -> Iterator[Finding]:
    """Yield what keeps the log from being folded, or that all of it is folded."""
    unowned = sorted(work.keys() - set(owned))
    lagging = sorted(number for number, each in work.items() if each.has_lag)
    if unowned == sorted(work):
        state = CheckState.WRONG if lagging else CheckState.ABSENT
        message = "no worker runs: nobody folds the log" + (
            f", and records wait in {partitions_text(lagging)}" if lagging else ""
        )
        yield Finding(what="workers", state=state, says=message, next="tocsin run")
        return
    if unowned:
        message = f"no worker owns {partitions_text(unowned)}: their studies are not monitored"
        yield wrong_finding("workers", message, "tocsin run")
    if held := sorted(set(stuck) - set(unowned)):
        message = (
            f"{partitions_text(held)} lag{'s' * (len(held) == 1)}, and no record was folded in "
            f"{MOVE_SECONDS:.0f} s: see the worker's log and its /readyz"
        )
        yield wrong_finding("workers", message, "tocsin run (restart the worker)")
    if not unowned and not held:
        message = f"workers own all {len(work)} partitions of the log"
        yield Finding(what="workers", state=CheckState.WELL, says=message)


def delivery_finding(delivered: Collection[int], count: int, expected: str | None) -> Finding:
    """A finding on the deliverers, which own the alert partitions *delivered* of *count*.

    Without a deliverer it is a fault where a delivery file is *expected* to be used.
    """
    if len(delivered) == count:
        message = f"deliverers own all {count} partitions of the alerts"
        return Finding(what="delivery", state=CheckState.WELL, says=message)
    if delivered:
        missing = partitions_text(sorted(set(range(count)) - set(delivered)))
        message = f"no deliverer owns {missing} of the alerts"
        return wrong_finding("delivery", message, "tocsin deliver")
    state = CheckState.WRONG if expected else CheckState.ABSENT
    message = "no deliverer runs: nobody is notified of alerts"
    return Finding(what="delivery", state=state, says=message, next="tocsin deliver")


def tick_findings(work: Mapping[int, PartitionWork]) -> Iterator[Finding]:
    """Yield a finding if studies have had neither a record nor a tick for a day."""
    silent = sorted(study for each in work.values() for study in each.silent_studies)
    if not silent:
        return
    names = ", ".join(silent[:NAMES_SHOWN_MAX])
    more = f" and {len(silent) - NAMES_SHOWN_MAX} more" if len(silent) > NAMES_SHOWN_MAX else ""
    message = (
        f"nobody ticks {names}{more}: no record and no tick for {TICK_SECONDS // 3_600} h, so the "
        "person-time of an ongoing study stands still"
    )
    command = f"tocsin tick {silent[0]} --every 1h"
    yield Finding(what="ticks", state=CheckState.ABSENT, says=message, next=command)


def partitions_text(numbers: Sequence[int]) -> str:
    """Text such as `partition 3` or `partitions 1, 2`."""
    return f"partition{'s' * (len(numbers) != 1)} {', '.join(map(str, numbers))}"
