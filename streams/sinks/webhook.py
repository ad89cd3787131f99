"""Posts signed notifications to a webhook, each with an idempotency key."""

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
    """The webhook at *url*.

    *read_secret* returns the shared secret; it is called for each attempt, so the secret can
    change without a restart.  *clock* returns seconds since 1970.
    """

    url: str
    read_secret: Callable[[], bytes] = field(repr=False)
    options: RenderOptions
    clock: Callable[[], float]
    client: HttpClient
    needs_resend: bool = False

    async def send(self, notification: Notification) -> None:
        """Post *notification*; each attempt has its own timestamp and signature."""
        body = render.json_body(notification, secret=self.options.secret, link=self.options.link)
        key = render.idempotency_key(notification, self.options.secret)
        await with_retries(lambda: self._post(body, key))

    async def resend(self, notifications: Sequence[Notification]) -> None:
        """Do nothing: notifications do not expire at a webhook."""

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
