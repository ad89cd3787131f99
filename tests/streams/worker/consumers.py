"""A consumer whose broker is a list of fetches."""

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
"""The partitions that the group has assigned to the consumer."""


@dataclass
class FakeTransport:
    """The parts of a transport that a consumer uses: the handler, and the agent's channel."""

    handler: FakeBatchHandler = field(default_factory=FakeBatchHandler)
    channel: asyncio.Queue[FetchedBatch] = field(default_factory=lambda: asyncio.Queue(2))


class ListConsumer(Consumer):
    """A consumer that returns or raises its *fetches* in turn, and stops after the last."""

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
        fetch = self.fetches.pop(0) if self.fetches else ConsumerStoppedError()
        if isinstance(fetch, Exception):
            raise fetch
        return {TP(LOG, partition): records for partition, records in fetch.items()}, ASSIGNED

    async def run_fetcher(self) -> None:
        await self._drain_messages(self)


def one_record_each(**partitions: int) -> dict[int, list[ListRecord]]:
    """A fetch with one record of each partition; `p1=20` is offset 20 of partition 1."""
    return {int(name[1:]): [ListRecord(offset, None, b"")] for name, offset in partitions.items()}
