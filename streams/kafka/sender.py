"""Sends messages to Kafka and waits until all in-sync replicas confirm them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.kafka.topics import DEAD_LETTER_BYTES_MAX
from streams.login import client_options
from streams.settings import HEADROOM_BYTES

TIMEOUT_SECONDS = 10


class Undelivered(Exception):
    """The broker did not confirm the message, but may have stored it.  Send it again later."""


class NotSent(Undelivered):
    """No broker answered before anything was sent: the topic holds none of the messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message with an explicit partition, because default partitioners of clients differ."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Sender(Protocol):
    """Sends messages one at a time."""

    async def send(self, message: Message) -> int:
        """Send *message*, and return its offset once it is confirmed.  Raises Undelivered."""
        ...


@dataclass(slots=True)
class KafkaSender:
    """Sends with an idempotent producer; connects on first use.

    A failure discards the producer, because its sequence numbers may differ from the broker's.
    """

    bootstrap: str
    producer: AIOKafkaProducer | None = field(default=None, repr=False)
    connect_lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def send(self, message: Message) -> int:
        """Send *message*, and return its offset once it is confirmed.  Raises Undelivered."""
        (offset,) = await self.send_in_order([message])
        return offset

    async def send_in_order(self, messages: Sequence[Message]) -> list[int]:
        """Send *messages* one after another, and return their offsets once all are confirmed.

        Those of one partition keep their order.  Raises Undelivered, or NotSent where none of them
        can be in the topic.
        """
        producer, sent = None, list[asyncio.Future[Any]]()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                producer = await self._connect()
                for each in messages:
                    sent.append(await self._enqueue(producer, each))
                return [confirmed_offset(each) for each in await asyncio.gather(*sent)]
        except (TimeoutError, KafkaError, OSError) as error:
            await self._discard(producer)
            kind = NotSent if producer is None else Undelivered
            topic = messages[0].topic
            raise kind(f"{topic} at {self.bootstrap}: {type(error).__name__}") from error

    async def close(self) -> None:
        """Disconnect."""
        await self._discard(self.producer)

    async def _connect(self) -> AIOKafkaProducer:
        async with self.connect_lock:
            if self.producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self.bootstrap,
                    **client_options(self.bootstrap),
                    acks="all",
                    enable_idempotence=True,
                    max_request_size=DEAD_LETTER_BYTES_MAX + HEADROOM_BYTES,
                    request_timeout_ms=1000 * TIMEOUT_SECONDS,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self.producer = producer
            return self.producer

    async def _enqueue(self, producer: AIOKafkaProducer, message: Message) -> asyncio.Future[Any]:
        return await producer.send(
            message.topic,
            key=message.key,
            value=message.value,
            partition=message.partition,
            headers=list(message.headers),
        )

    async def _discard(self, producer: AIOKafkaProducer | None) -> None:
        if producer is not None and producer is self.producer:
            self.producer = None
            with suppress(TimeoutError, KafkaError, OSError):
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    await producer.stop()


def confirmed_offset(metadata: Any) -> int:
    """Return the offset that the broker has confirmed.

    Raises KafkaError where it only recognised a repeated batch and no longer knows its offsets:
    then the client counts up from -1.
    """
    if metadata.log_start_offset is None or metadata.log_start_offset < 0:
        raise KafkaError("the broker confirmed a batch without its offset")
    return metadata.offset
