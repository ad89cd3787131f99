"""The thread that speaks to the brokers, which asks nothing for longer than somebody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka as faust

FETCH_WAIT_MS, FETCH_BYTES = 20, 64 << 10
"""The broker holds back a fetch until it is worth one, but not for long: batches of few records
cost more than the fold, and what waits for Faust's own 1,500 ms is late."""

REQUEST_SECONDS = 5


class ConsumerThread(faust.AIOKafkaConsumerThread):
    """The thread that speaks to the brokers; heartbeats go on there while the agent folds.

    What it asks has its limit of time here: who waits elsewhere and gives up leaves the question
    in the thread, which cannot end before the client gives up too.
    """

    def _create_worker_consumer(self, transport: faust.Transport) -> AIOKafkaConsumer:
        """Faust's own, with the settings that it does not offer."""
        consumer: Any = faust.AIOKafkaConsumerThread._create_worker_consumer(self, transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        consumer._fetch_min_bytes = FETCH_BYTES
        consumer._isolation_level = "read_committed"
        return consumer

    async def commit_to_group(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Commit; Faust's own ends the worker where the group has moved on."""
        async with asyncio.timeout(REQUEST_SECONDS):
            await self._ensure_consumer().commit(offsets)

    async def bounds(self) -> tuple[Mapping[int, int], Mapping[int, int]]:
        """See ``Consumer.bounds``."""
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
        # What breaks here ends the worker by ``crash``, whose reason is told once; and of tasks
        # that the client left alone nobody needs to hear.  Python would print both, at length,
        # and what whoever starts us no longer waits for: we may have broken before that.
        self.thread_loop.set_exception_handler(ignore_loop_error)
        if (running := self._thread_running) is not None:
            self.parent_loop.call_soon_threadsafe(running.add_done_callback, retrieve_exception)
        with suppress(Exception, asyncio.CancelledError):
            faust.AIOKafkaConsumerThread._start_thread(self)

    async def on_thread_stop(self) -> None:
        """Leave the group, unless nobody answers: the session ends by itself then."""
        with suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(REQUEST_SECONDS):
                await faust.AIOKafkaConsumerThread.on_thread_stop(self)

    def on_crash(self, msg: str, *fmt: Any, **kwargs: Any) -> None:
        """Nothing: Faust prints a traceback here, and the reason ends the worker all the same."""


def ignore_loop_error(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """Say nothing of what a loop complains of."""


def retrieve_exception(future: asyncio.Future[Any]) -> None:
    """Ask for the exception of *future*, as somebody must."""
    if not future.cancelled():
        future.exception()


def is_transient(error: BaseException) -> bool:
    """Whether the brokers may be over it in a while: they are gone, or new to their work."""
    return isinstance(error, KafkaError) and error.retriable
