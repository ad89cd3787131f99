"""Writes notices to a topic of somebody else's cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from alerts.notification import render
from alerts.notification.due import Notice
from alerts.notification.webhook_signature import IDEMPOTENCY
from streams.kafka.sender import Message, Sender, Undelivered
from streams.sinks import SinkDown, Style
from streams.sinks.retry import persistently


class Connected(Sender, Protocol):
    """A sender that holds a connection."""

    async def close(self) -> None:
        """Disconnect."""
        ...


@dataclass(slots=True)
class Topic:
    """Partition *partition* of *topic*; the key of a message is what it is known by."""

    topic: str
    partition: int
    style: Style
    sender: Connected
    reminds: bool = False

    async def send(self, notice: Notice) -> None:
        """Write it, and wait until every copy has it."""
        key = render.key(notice, self.style.secret).encode()
        message = Message(
            topic=self.topic,
            partition=self.partition,
            key=key,
            value=render.body(notice, secret=self.style.secret, link=self.style.link),
            headers=(("content-type", b"application/json"), (IDEMPOTENCY.lower(), key)),
        )
        await persistently(lambda: self._write(message))

    async def remind(self, notices: Sequence[Notice]) -> None:
        """Nothing: it forgets nothing."""

    async def close(self) -> None:
        """Disconnect."""
        await self.sender.close()

    async def _write(self, message: Message) -> None:
        try:
            await self.sender.send(message)
        except Undelivered:
            raise SinkDown("the broker did not confirm it") from None
