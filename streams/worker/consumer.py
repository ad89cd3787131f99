"""Faust's consumer without its per-event path: what was fetched goes to the agent in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError
from faust import Channel
from faust.transport.drivers import aiokafka as faust
from faust.types import TP

from streams.kafka.topics import LOG
from streams.worker.batch_handler import BatchHandler, FetchedBatch
from streams.worker.consumer_thread import REQUEST_SECONDS, ConsumerThread

QUEUED_MAX = 2
"""So many wait where folding takes long; a full channel holds up the fetching."""

FETCH_SECONDS = 1.0
BACKOFF_SECONDS = 1.0

THREAD_TIMEOUT_SECONDS = 2 * REQUEST_SECONDS
"""The thread gives up before that, if it turns at all."""


class Consumer(faust.Consumer):
    """Fetches in batches.  One task seeks and fetches, so no batch can miss what came before it.

    Whatever makes it give up what was fetched begins a new epoch, and every epoch begins by
    seeking to where the reader stands: nothing fetched is ever dropped without being fetched
    again.
    """

    transport: Transport
    sought_epoch = -1
    commits_failed = 0

    @property
    def handler(self) -> BatchHandler:
        """Who folds what is fetched."""
        return self.transport.handler

    async def _drain_messages(self, fetcher: Any) -> None:
        """Seek, fetch, hand over, until stopped; Faust's own makes an event of each record."""
        try:
            await self._fetch_loop(fetcher)
        except asyncio.CancelledError:
            # Whoever stops a fetcher cancels it, and amid a rebalance Faust takes that for a crash.
            if not fetcher.should_stop:
                raise

    async def _fetch_loop(self, fetcher: Any) -> None:
        while not (self.should_stop or fetcher.should_stop):
            try:
                await self._fetch_once()
            except NoOffsetForPartitionError:
                pass  # Its background task asked for a committed offset before we came to seek.
            except self.consumer_stopped_errors:
                return
            except KafkaError as error:
                self.handler.invalidate(error)
                await self.sleep(BACKOFF_SECONDS)

    async def _fetch_once(self) -> None:
        if not self.flow_active:  # A rebalance is going on; it begins a new epoch.
            await self.wait_first(self.can_resume_flow.wait(), timeout=FETCH_SECONDS)
            return
        # What comes in while a batch is folded is then one batch: fetched ahead it would be many
        # small ones, each with as many applies.
        await self.handler.wait_idle(FETCH_SECONDS)
        epoch = self.handler.epoch
        if epoch != self.sought_epoch:
            await self._seek_all(await self.handler.fetch_positions())
            self.sought_epoch = epoch
        fetched, _ = await self._wait_next_records(FETCH_SECONDS)
        records = fetched or {}
        if records:
            await self._enqueue(FetchedBatch(epoch, {tp.partition: records[tp] for tp in records}))

    async def _seek_all(self, positions: Mapping[int, int]) -> None:
        """Read each of *places* from its offset, and no other partition."""
        readable = {tp for tp in self.assignment() if tp.partition in positions}
        self.pause_partitions(self.assignment() - readable)
        for tp in readable:
            await self._seek(tp, positions[tp.partition])
        self.resume_partitions(readable)

    async def _enqueue(self, batch: FetchedBatch) -> None:
        """Put *batch* before the agent, unless its epoch ends first.

        A put across a rebalance would wait on flow control, be cancelled by it, and take the
        worker down.
        """
        self.handler.sent(batch)
        put = asyncio.ensure_future(self.transport.channel.put(batch))
        ended = asyncio.ensure_future(self.handler.wait_ended(batch.epoch))
        try:
            await asyncio.wait((put, ended), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            put.cancel()
        if batch.epoch == self.handler.epoch and (put.cancelled() or put.exception()):
            self.handler.invalidate(BatchLost("the channel to the agent was cleared"))

    async def perform_seek(self) -> None:
        """What Faust calls when partitions were assigned: the cursors decide, not the group."""
        await self.handler.assign({tp.partition for tp in self.assignment() if tp.topic == LOG})

    async def wait_empty(self) -> None:
        """What Faust calls before partitions are taken away, and before the end."""
        await self.handler.drain()
        await self.commit()

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Tell the group how far we are.  Nobody starts from it, so a failure is only counted."""
        positions = self.handler.commit_positions()
        offsets = {TopicPartition(LOG, each): position for each, position in positions.items()}
        if not offsets:
            return False
        try:
            async with asyncio.timeout(THREAD_TIMEOUT_SECONDS):
                await self._thread.call_thread(self._thread.commit_to_group, offsets)
        except Exception:
            self.commits_failed += 1
            return False
        return True

    async def fetched_and_end_offsets(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """Of each partition the offset that is fetched next, and the one after its last record."""
        async with asyncio.timeout(THREAD_TIMEOUT_SECONDS):
            return await self._thread.call_thread(self._thread.bounds)

    @property
    def partitions(self) -> int | None:
        """How many partitions the log has, as far as is known."""
        return self.topic_partitions(LOG)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: Faust looks for events here; that the worker gets on, the worker watches."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class Transport(faust.Transport):
    """Faust's transport with this consumer, and who folds what it fetches."""

    Consumer = Consumer
    handler: BatchHandler
    channel: Channel[FetchedBatch]


class BatchLost(Exception):
    """A fetched batch did not reach the agent.  Seek, and fetch it again."""
