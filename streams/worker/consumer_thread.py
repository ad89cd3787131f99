"""The thread of the Kafka client, with a time limit on each request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as faust

from streams.log.checked_fetch import check_fetches, restart_fetches

FETCH_WAIT_MS, FETCH_BYTES = 40, 64 << 10
"""The broker answers a fetch at 64 KiB or after 40 ms: smaller batches cost more than the fold,
and Faust's own 1,500 ms would delay every alert.  A record waits for this time and for the fold of
its batch: with 50 ms, the slowest hundredth waited 100 ms at 2,000 reports a second."""

REQUEST_SECONDS = 5
"""Time limit of one request to the brokers."""


class ConsumerThread(faust.AIOKafkaConsumerThread):
    """Runs the Kafka client in a thread, where heartbeats continue while the agent folds.

    Requests have their time limit in this thread.  A limit in the calling thread would abandon the
    request here, and the thread could not end before the client's own, longer limit.
    """

    def _create_worker_consumer(self, transport: faust.Transport) -> AIOKafkaConsumer:
        """Create Faust's consumer with client settings that Faust does not offer."""
        consumer: Any = faust.AIOKafkaConsumerThread._create_worker_consumer(self, transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._fetch_min_bytes = FETCH_BYTES
        consumer._isolation_level = "read_committed"
        return consumer

    async def on_start(self) -> None:
        """Start the client, which then confines an unreadable batch to its partition."""
        await faust.AIOKafkaConsumerThread.on_start(self)
        check_fetches(self._ensure_consumer(), check_crcs=self.consumer.app.conf.broker_check_crcs)

    async def _fetch_records(self, consumer: AIOKafkaConsumer, *args: Any, **kwargs: Any) -> Any:
        """Return fetched records, or raise BatchUnreadable after those before that batch."""
        restart_fetches(consumer)
        return await faust.AIOKafkaConsumerThread._fetch_records(self, consumer, *args, **kwargs)

    async def commit_to_group(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit *offsets*; Faust's own method ends the worker where the group has rebalanced."""
        async with asyncio.timeout(REQUEST_SECONDS):
            await self._ensure_consumer().commit(offsets)

    async def bounds(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """Return what ``Consumer.fetched_and_end_offsets`` returns."""
        consumer: Any = self._ensure_consumer()
        assigned = consumer.assignment()
        async with asyncio.timeout(REQUEST_SECONDS):
            ends = await consumer.end_offsets(assigned)
        states = {
            tp: consumer._subscription.subscription.assignment.state_value(tp) for tp in assigned
        }
        fetched = {
            tp.partition: state.position
            for tp, state in states.items()
            if state is not None and state.has_valid_position
        }
        return fetched, {tp.partition: end for tp, end in ends.items()}

    def _start_thread(self) -> None:
        # An exception here ends the worker through ``crash``, which keeps the reason.  Python would
        # print it a second time with a traceback, and print abandoned tasks of the client; it would
        # also report ``_thread_running`` where the thread fails after its starter stopped waiting.
        self.thread_loop.set_exception_handler(ignore_loop_error)
        if (running := self._thread_running) is not None:
            self.parent_loop.call_soon_threadsafe(running.add_done_callback, retrieve_exception)
        with suppress(Exception, asyncio.CancelledError):
            faust.AIOKafkaConsumerThread._start_thread(self)

    async def on_thread_stop(self) -> None:
        """Leave the group; where no broker answers in time, the session expires instead."""
        with suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(REQUEST_SECONDS):
                await faust.AIOKafkaConsumerThread.on_thread_stop(self)

    def on_crash(self, msg: str, *fmt: Any, **kwargs: Any) -> None:
        """Do nothing: Faust prints a traceback here, and the exception ends the worker anyway."""


def ignore_loop_error(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Discard the report of an event loop about an unhandled exception."""


def retrieve_exception(future: asyncio.Future[Any]) -> None:
    """Retrieve the exception of *future*, so that Python does not report it as never retrieved."""
    if not future.cancelled():
        future.exception()


def is_transient(error: BaseException) -> bool:
    """Return whether *error* may pass by itself, because brokers are down or still starting."""
    return isinstance(error, KafkaError) and error.retriable
