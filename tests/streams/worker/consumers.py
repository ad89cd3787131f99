"""The consumer over a broker that is a list of fetches."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import ConsumerStoppedError
from faust.types import TP

from streams.kafka.topics import LOG
from streams.worker.batch_handler import FetchedBatch
from streams.worker.consumer import Consumer
from tests.streams.list_log import ListRecord
from tests.streams.worker.batch_handlers import FakeBatchHandler

ASSIGNED = {TP(LOG, 0), TP(LOG, 1)}


@dataclass
class FakeTransport:
    """What a consumer finds on its transport: the reader, and the channel to the agent."""

    handler: FakeBatchHandler = field(default_factory=FakeBatchHandler)
    channel: asyncio.Queue[FetchedBatch] = field(default_factory=lambda: asyncio.Queue(2))


class ListConsumer(Consumer):
    """The consumer, over a broker that is a list of *fetches*; then the broker stops it."""

    transport: Any
    should_stop = False
    flow_active = True

    def __init__(self, *fetches: dict[int, list[ListRecord]] | Exception) -> None:
        self.fetches, self.transport = list(fetches), FakeTransport()
        self.paused, self.seeks = set[TP](), list[dict[int, int]]()

    @property
    def enqueued(self) -> list[FetchedBatch]:
        queue = self.transport.channel
        return [queue.get_nowait() for _ in range(queue.qsize())]

    def assignment(self) -> set[TP]:
        return set(ASSIGNED)

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        self.paused |= set(tps)
        self.seeks.append({})

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        self.paused -= set(tps)

    async def _seek(self, partition: TP, offset: int) -> None:
        self.seeks[-1][partition.partition] = offset

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    async def _wait_next_records(self, seconds: float) -> tuple[Any, Any]:
        found = self.fetches.pop(0) if self.fetches else ConsumerStoppedError()
        if isinstance(found, Exception):
            raise found
        return {TP(LOG, partition): records for partition, records in found.items()}, ASSIGNED

    async def run_fetcher(self) -> None:
        await self._drain_messages(self)


def one_record_each(**partitions: int) -> dict[int, list[ListRecord]]:
    """One record of each of *partitions*, such as `p1=20`: at offset 20."""
    return {int(name[1:]): [ListRecord(offset, None, b"")] for name, offset in partitions.items()}
