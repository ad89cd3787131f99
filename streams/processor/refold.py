"""Folds a log into a store outside a worker, to rebuild, verify or replay it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from kafka.errors import KafkaError

from streams.kafka.admin import BrokerUnreachable, admin_client
from streams.log import BatchUnreadable, Log, LogUnreachable
from streams.processor.processor import PartitionProcessor
from streams.processor.stop import OffsetGap, PartitionStop, StopReason

READ_MAX = 10_000
"""Most records in one read."""

TIMEOUT_SECONDS = 10

OFFSET_MAX = 1 << 63
"""Beyond the last offset that Kafka can assign."""


class RefoldStopped(Exception):
    """A refold cannot continue because its partition is stopped; the message has the remedy."""

    def __init__(self, partition: int, stopped: PartitionStop) -> None:
        super().__init__(f"Partition {partition} stopped at offset {stopped.offset}: {stopped}")


def ignore_progress(position: int) -> None:
    """Default of *on_progress*: does nothing."""


async def refold(
    processor: PartitionProcessor,
    log: Log,
    *,
    until: int = OFFSET_MAX,
    on_progress: Callable[[int], None] = ignore_progress,
) -> int:
    """Fold *log* with a claimed *processor* up to offset *until*, or to the end of the log.

    Calls *on_progress* with the position before each read, and returns the last position.  Raises
    RefoldStopped where the partition is stopped.
    """
    while True:
        if processor.stopped is not None:
            raise RefoldStopped(processor.partition, processor.stopped)
        on_progress(processor.position)
        if processor.position >= until:
            return processor.position
        try:
            read = await log.read(processor.position, READ_MAX)
        except BatchUnreadable as error:
            await processor.stop_before(error)
            continue
        records = [each for each in read if each.offset < until]
        if not records:
            return processor.position
        try:
            await processor.fold_batch(records)
        except OffsetGap as gap:
            await skip_confirmed_gap(processor, log, gap)


async def skip_confirmed_gap(processor: PartitionProcessor, log: Log, gap: OffsetGap) -> None:
    """Read *log* again at *gap*, and let *processor* skip it where no record is found in it.

    Stops the partition where a batch in it cannot be read.
    """
    try:
        reread = await log.read(gap.expected, 1)
    except BatchUnreadable as error:
        await processor.stop_before(error)
        return
    if reread and reread[0].offset == gap.found:
        processor.skip_gap(gap.found)


async def resolve_failed_fetch(processor: PartitionProcessor, log: Log) -> None:
    """Read *log* where a worker's fetch found a batch that cannot be read, with another client.

    Stops the partition where that batch cannot be read here either.  Where it has been passed,
    *processor* continues behind it.
    """
    end = (await log.offset_range()).next
    try:
        reread = await log.read(processor.position, 1)
    except BatchUnreadable as error:
        await processor.stop_before(error)
        return
    processor.skip_gap(reread[0].offset if reread else end)


async def is_readable_again(processor: PartitionProcessor, log: Log) -> bool:
    """Return whether *processor* stopped before a batch that *log* can read now."""
    stopped = processor.stopped
    if stopped is None or stopped.reason is not StopReason.UNREADABLE_BATCH:
        return False
    try:
        await log.read(stopped.offset, 1)
    except LogUnreachable:
        return False
    finally:
        await log.close()
    return True


def partitions_in_use(bootstrap: str, space: str, topic: str) -> set[int]:
    """Return the partitions of *topic* that are assigned to workers of *space* now.

    Raises LogUnreachable where the broker does not answer.
    """
    return assigned_in_group(bootstrap, f"tocsin-{space}", topic)


def assigned_in_group(bootstrap: str, group: str, topic: str) -> set[int]:
    """Return the partitions of *topic* that are assigned to members of the consumer *group* now.

    Raises LogUnreachable where the broker does not answer.
    """
    try:
        with admin_client(bootstrap) as admin:
            return set(assigned_partitions(group_members(admin, group), topic))
    except (BrokerUnreachable, KafkaError) as error:
        raise LogUnreachable(f"{error}") from None


def group_members(admin: Any, group: str) -> list[Any]:
    """Return the members of *group*, waiting up to TIMEOUT_SECONDS for its coordinator.

    A cluster that never had a group creates the coordinator's topic first.
    """
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            return admin.describe_groups([group])[group]["members"]
        except KafkaError as error:
            if not error.retriable or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def assigned_partitions(members: list[Any], topic: str) -> Iterator[int]:
    """Yield the partitions of *topic* that are assigned to *members* of a group."""
    for member in members:
        assignment = member["member_assignment"]
        for each in assignment["assigned_partitions"] if assignment else ():
            if each["topic"] == topic:
                yield from each["partitions"]
