"""Writes notifications to a topic of another Kafka cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from alerts.notification import render
from alerts.notification.due import Notification
from alerts.notification.webhook_signature import IDEMPOTENCY_HEADER
from streams.kafka.sender import Message, Sender, Undelivered
from streams.sinks import RenderOptions, SinkDown
from streams.sinks.retry import with_retries


class ClosableSender(Sender, Protocol):
    """A sender with a connection to close."""

    async def close(self) -> None:
        """Disconnect."""
        ...


@dataclass(slots=True)
class KafkaTopic:
    """One partition of a topic; the key of a message is the notification's idempotency key."""

    topic: str
    partition: int
    options: RenderOptions
    sender: ClosableSender
    needs_resend: bool = False

    async def send(self, notification: Notification) -> None:
        """Write *notification*, and wait until every replica has it."""
        key = render.idempotency_key(notification, self.options.secret).encode()
        message = Message(
            topic=self.topic,
            partition=self.partition,
            key=key,
            value=render.json_body(
                notification, secret=self.options.secret, link=self.options.link
            ),
            headers=(("content-type", b"application/json"), (IDEMPOTENCY_HEADER.lower(), key)),
        )
        await with_retries(lambda: self._write(message))

    async def resend(self, notifications: Sequence[Notification]) -> None:
        """Do nothing: notifications do not expire on a topic."""

    async def close(self) -> None:
        """Disconnect."""
        await self.sender.close()

    async def _write(self, message: Message) -> None:
        try:
            await self.sender.send(message)
        except Undelivered:
            raise SinkDown("the broker did not confirm it") from None
