"""A sender that collects messages in a list, for tests without a broker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from streams.kafka.sender import Message, Undelivered


@dataclass
class ListSender:
    """Collects messages; a message whose key is in *failing_keys* raises Undelivered."""

    messages: list[Message] = field(default_factory=list[Message])
    failing_keys: set[bytes] = field(default_factory=set[bytes])

    async def send(self, message: Message) -> int:
        await asyncio.sleep(0)
        if message.key in self.failing_keys:
            raise Undelivered("told to fail")
        self.messages.append(message)
        return len(self.messages) - 1

    @property
    def keys(self) -> list[str]:
        return [(message.key or b"").decode() for message in self.messages]
