"""Posts a notice to a receiver that knows a secret with us, and knows what it has by a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from alerts.notification import render
from alerts.notification.due import Notification
from alerts.notification.webhook_signature import (
    IDEMPOTENCY_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    signature,
)
from streams.sinks import RenderOptions
from streams.sinks.http import HttpClient
from streams.sinks.retry import with_retries


@dataclass(slots=True)
class Webhook:
    """The receiver at *url*.  *secret* is asked for each time: it may be changed at any hour."""

    url: str
    read_secret: Callable[[], bytes] = field(repr=False)
    options: RenderOptions
    clock: Callable[[], float]
    client: HttpClient
    needs_resend: bool = False

    async def send(self, notification: Notification) -> None:
        """Post it, each attempt with a signature of its own."""
        body = render.json_body(notification, secret=self.options.secret, link=self.options.link)
        key = render.idempotency_key(notification, self.options.secret)
        await with_retries(lambda: self._post(body, key))

    async def resend(self, notifications: Sequence[Notification]) -> None:
        """Nothing: it forgets nothing."""

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def _post(self, body: bytes, key: str) -> None:
        now = int(self.clock())
        headers = {
            "Content-Type": "application/json",
            IDEMPOTENCY_HEADER: key,
            TIMESTAMP_HEADER: str(now),
            SIGNATURE_HEADER: signature(self.read_secret(), now, body),
        }
        await self.client.post(self.url, body, headers)
