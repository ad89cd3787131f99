"""Folds a log into a store without a worker: to rebuild, to verify, to replay beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from kafka.errors import KafkaError

from streams.kafka.admin import Unreachable, administer
from streams.log import Log, LogUnreachable
from streams.processor import Hole, Lane, Stopped

AT_ONCE = 10_000
"""Records in one read."""

PATIENCE_SECONDS = 10

FOR_EVER = 1 << 63


class StandsStill(Exception):
    """The partition cannot be folded on; the message says why, and the remedy."""

    def __init__(self, partition: int, stopped: Stopped) -> None:
        super().__init__(f"Partition {partition} stands still at {stopped.offset}: {stopped}")


def silent(position: int) -> None:
    """What is told to nobody."""


async def refold(
    lane: Lane, log: Log, *, until: int = FOR_EVER, tell: Callable[[int], None] = silent
) -> int:
    """Fold *log* with *lane*, which is claimed, up to offset *until* or its end.

    Returns the position it came to; *tell* hears of each on the way.  Raises StandsStill.
    """
    while True:
        if lane.stopped is not None:
            raise StandsStill(lane.partition, lane.stopped)
        tell(lane.position)
        if lane.position >= until:
            return lane.position
        records = [each for each in await log.read(lane.position, AT_ONCE) if each.offset < until]
        if not records:
            return lane.position
        try:
            await lane.take(records)
        except Hole as hole:
            await pass_markers(lane, log, hole)


async def pass_markers(lane: Lane, log: Log, hole: Hole) -> None:
    """Let the lane pass a hole that a second reading finds as well."""
    again = await log.read(hole.expected, 1)
    if again and again[0].offset == hole.found:
        lane.pass_hole(hole.found)


def at_work(bootstrap: str, space: str, topic: str) -> set[int]:
    """The partitions of *topic* that workers of *space* hold now.

    Raises LogUnreachable.
    """
    try:
        with administer(bootstrap) as admin:
            return set(assigned(members(admin, f"tocsin-{space}"), topic))
    except (Unreachable, KafkaError) as error:
        raise LogUnreachable(f"{error}") from None


def members(admin: Any, group: str) -> list[Any]:
    """The members of *group*; a cluster that never had a group takes a moment to look."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return admin.describe_groups([group])[group]["members"]
        except KafkaError as error:
            if not error.retriable or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def assigned(members: list[Any], topic: str) -> Iterator[int]:
    """The partitions of *topic* among what *members* of a group were assigned."""
    for member in members:
        told = member["member_assignment"]
        for each in told["assigned_partitions"] if told else ():
            if each["topic"] == topic:
                yield from each["partitions"]
