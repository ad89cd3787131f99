"""Sends a message to Kafka so that it is there, on every copy, or says that it may not be."""

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
    """The broker did not confirm the message; it may have it.  Send it again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent, and to which partition: a client's own default may put it elsewhere."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Sender(Protocol):
    """Whatever takes messages."""

    async def send(self, message: Message) -> int:
        """The offset of *message*, once every copy has it.  Raises Undelivered."""
        ...


@dataclass(slots=True)
class KafkaSender:
    """Sends by an idempotent producer; it connects when it is first asked.

    After a failure the producer is given up: its sequence numbers may no longer be the broker's.
    """

    bootstrap: str
    producer: AIOKafkaProducer | None = field(default=None, repr=False)
    connect_lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def send(self, message: Message) -> int:
        """Send it, and wait until it is confirmed."""
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
