"""Folds a log into a store without a worker: to rebuild, to verify, to replay beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from kafka.errors import KafkaError

from streams.kafka.admin import BrokerUnreachable, admin_client
from streams.log import Log, LogUnreachable
from streams.processor import OffsetGap, PartitionProcessor, PartitionStop

READ_MAX = 10_000
"""Records in one read."""

TIMEOUT_SECONDS = 10

OFFSET_MAX = 1 << 63


class RefoldStopped(Exception):
    """The partition cannot be folded on; the message says why, and the remedy."""

    def __init__(self, partition: int, stopped: PartitionStop) -> None:
        super().__init__(f"Partition {partition} stands still at {stopped.offset}: {stopped}")


def ignore_progress(position: int) -> None:
    """What is told to nobody."""


async def refold(
    processor: PartitionProcessor,
    log: Log,
    *,
    until: int = OFFSET_MAX,
    on_progress: Callable[[int], None] = ignore_progress,
) -> int:
    """Fold *log* with *lane*, which is claimed, up to offset *until* or its end.

    Returns the position it came to; *tell* hears of each on the way.  Raises StandsStill.
    """
    while True:
        if processor.stopped is not None:
            raise RefoldStopped(processor.partition, processor.stopped)
        on_progress(processor.position)
        if processor.position >= until:
            return processor.position
        records = [
            each for each in await log.read(processor.position, READ_MAX) if each.offset < until
        ]
        if not records:
            return processor.position
        try:
            await processor.fold_batch(records)
        except OffsetGap as gap:
            await skip_confirmed_gap(processor, log, gap)


async def skip_confirmed_gap(processor: PartitionProcessor, log: Log, gap: OffsetGap) -> None:
    """Let the lane pass a hole that a second reading finds as well."""
    reread = await log.read(gap.expected, 1)
    if reread and reread[0].offset == gap.found:
        processor.skip_gap(gap.found)


def partitions_in_use(bootstrap: str, space: str, topic: str) -> set[int]:
    """The partitions of *topic* that workers of *space* hold now.

    Raises LogUnreachable.
    """
    try:
        with admin_client(bootstrap) as admin:
            return set(assigned_partitions(group_members(admin, f"tocsin-{space}"), topic))
    except (BrokerUnreachable, KafkaError) as error:
        raise LogUnreachable(f"{error}") from None


def group_members(admin: Any, group: str) -> list[Any]:
    """The members of *group*; a cluster that never had a group takes a moment to look."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while True:
        try:
            return admin.describe_groups([group])[group]["members"]
        except KafkaError as error:
            if not error.retriable or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def assigned_partitions(members: list[Any], topic: str) -> Iterator[int]:
    """The partitions of *topic* among what *members* of a group were assigned."""
    for member in members:
        assignment = member["member_assignment"]
        for each in assignment["assigned_partitions"] if assignment else ():
            if each["topic"] == topic:
                yield from each["partitions"]
