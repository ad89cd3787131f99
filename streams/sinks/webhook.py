"""Posts a notice to a receiver that knows a secret with us, and knows what it has by a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from alerts.notification import render
from alerts.notification.due import Notice
from alerts.notification.webhook_signature import IDEMPOTENCY, SIGNATURE, TIMESTAMP, signature
from streams.sinks import Style
from streams.sinks.http import Poster
from streams.sinks.retry import persistently


@dataclass(slots=True)
class Webhook:
    """The receiver at *url*.  *secret* is asked for each time: it may be changed at any hour."""

    url: str
    secret: Callable[[], bytes] = field(repr=False)
    style: Style
    clock: Callable[[], float]
    poster: Poster
    reminds: bool = False

    async def send(self, notice: Notice) -> None:
        """Post it, each attempt with a signature of its own."""
        body = render.body(notice, secret=self.style.secret, link=self.style.link)
        key = render.key(notice, self.style.secret)
        await persistently(lambda: self._post(body, key))

    async def remind(self, notices: Sequence[Notice]) -> None:
        """Nothing: it forgets nothing."""

    async def close(self) -> None:
        """Close the connections."""
        await self.poster.close()

    async def _post(self, body: bytes, key: str) -> None:
        hour = int(self.clock())
        headers = {
            "Content-Type": "application/json",
            IDEMPOTENCY: key,
            TIMESTAMP: str(hour),
            SIGNATURE: signature(self.secret(), hour, body),
        }
        await self.poster.post(self.url, body, headers)
