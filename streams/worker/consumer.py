"""Faust's consumer without its per-event path: fetched records go to the agent in batches."""

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
from streams.log import BatchUnreadable
from streams.worker.batch_handler import BatchHandler, FetchedBatch
from streams.worker.consumer_thread import REQUEST_SECONDS, ConsumerThread

QUEUED_MAX = 2
"""Batches that wait while a fold takes long; a full channel suspends fetching."""

FETCH_SECONDS = 1.0
BACKOFF_SECONDS = 1.0

THREAD_TIMEOUT_SECONDS = 2 * REQUEST_SECONDS
"""Longer than the thread's own limit: it expires only where the loop of the thread is blocked."""


class Consumer(faust.Consumer):
    """Fetches records in batches, and passes them to the agent.

    One task both seeks and fetches, so a batch always follows the one before it.  A batch is
    dropped only when a new epoch starts, and each epoch starts with a seek to the handler's
    positions: every dropped record is fetched again.
    """

    transport: Transport
    sought_epoch = -1
    commits_failed = 0

    @property
    def handler(self) -> BatchHandler:
        """The worker that folds the fetched batches."""
        return self.transport.handler

    async def _drain_messages(self, fetcher: Any) -> None:
        """Seek, fetch and enqueue until stopped; Faust's own makes an event of each record."""
        try:
            await self._fetch_loop(fetcher)
        except asyncio.CancelledError:
            # Stopping a fetcher cancels it; during a rebalance Faust reports that as a crash.
            if not fetcher.should_stop:
                raise

    async def _fetch_loop(self, fetcher: Any) -> None:
        while not (self.should_stop or fetcher.should_stop):
            try:
                await self._fetch_once()
            except NoOffsetForPartitionError:
                pass  # The client's background task asked for a committed offset before the seek.
            except self.consumer_stopped_errors:
                return
            except BatchUnreadable as error:
                await self.handler.resolve_fetch(error.partition)
            except KafkaError as error:
                self.handler.invalidate(error)
                await self.sleep(BACKOFF_SECONDS)

    async def _fetch_once(self) -> None:
        if not self.flow_active:  # A rebalance is in progress, and starts an epoch.
            await self.wait_first(self.can_resume_flow.wait(), timeout=FETCH_SECONDS)
            return
        # Records that arrive during a fold then form one batch.  Fetching ahead would make many
        # small batches of them, each with an apply.
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
        """Seek each partition in *positions* to its offset, and pause every other one."""
        readable = {tp for tp in self.assignment() if tp.partition in positions}
        self.pause_partitions(self.assignment() - readable)
        for tp in readable:
            await self._seek(tp, positions[tp.partition])
        self.resume_partitions(readable)

    async def _enqueue(self, batch: FetchedBatch) -> None:
        """Send *batch* to the agent, unless its epoch ends first.

        A put that outlasts its epoch would wait on flow control during the rebalance; Faust
        cancels it there, which would end the worker.
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
        """Assign partitions to the handler; Faust calls it after a rebalance.

        The stored cursors decide where to fetch from, not the offsets of the group.
        """
        await self.handler.assign({tp.partition for tp in self.assignment() if tp.topic == LOG})

    async def wait_empty(self) -> None:
        """Drain the handler and commit; Faust calls it before a rebalance and before the end."""
        await self.handler.drain()
        await self.commit()

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit the handler's positions to the group, for tools that show lag.

        No worker starts from them, so a failure is only counted, and returns False.
        """
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
        """Return the offset to fetch next and the end offset of each partition.

        Raises TimeoutError, or an error of the client, where the broker does not answer.
        """
        async with asyncio.timeout(THREAD_TIMEOUT_SECONDS):
            return await self._thread.call_thread(self._thread.bounds)

    @property
    def partitions(self) -> int | None:
        """The number of partitions of the log in the client's metadata, or None while unknown."""
        return self.topic_partitions(LOG)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Do nothing: Faust would look for events, and ``Progress`` detects a stalled worker."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class Transport(faust.Transport):
    """Faust's transport with this consumer, the handler of its batches and the agent's channel."""

    Consumer = Consumer
    handler: BatchHandler
    channel: Channel[FetchedBatch]


class BatchLost(Exception):
    """A fetched batch did not reach the agent; it must be fetched again after a seek."""
