"""Sends messages to Kafka and waits until all in-sync replicas confirm them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.kafka.topics import DEAD_LETTER_BYTES_MAX
from streams.login import client_options
from streams.settings import HEADROOM_BYTES

TIMEOUT_SECONDS = 10


class Undelivered(Exception):
    """The broker did not confirm the message, but may have stored it.  Send it again later."""


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
        producer = None
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                producer = await self._connect()
                metadata = await producer.send_and_wait(
                    message.topic,
                    key=message.key,
                    value=message.value,
                    partition=message.partition,
                    headers=list(message.headers),
                )
        except (TimeoutError, KafkaError, OSError) as error:
            await self._discard(producer)
            raise Undelivered(f"{message.topic} at {self.bootstrap}: {type(error).__name__}") from (
                error
            )
        return metadata.offset

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

    async def _discard(self, producer: AIOKafkaProducer | None) -> None:
        if producer is not None and producer is self.producer:
            self.producer = None
            with suppress(TimeoutError, KafkaError, OSError):
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    await producer.stop()
