"""Posts firing and resolved alerts to an Alertmanager, which expires alerts not sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from alerts.notification import render
from alerts.notification.due import Notification
from streams.sinks import RenderOptions, SinkRefuses
from streams.sinks.http import HttpClient
from streams.sinks.retry import with_retries

ALERTS_PATH = "/api/v2/alerts"
ALERTS_PER_REQUEST_MAX = 256
"""Most alerts in one request; the smallest request limit known is 1 MiB."""


@dataclass(slots=True)
class Alertmanager:
    """The Alertmanager at *url*, of the closed zone."""

    url: str
    options: RenderOptions
    clock: Callable[[], float]
    client: HttpClient
    needs_resend: bool = True

    async def send(self, notification: Notification) -> None:
        """Post the page of *notification* as firing or resolved, and resolve earlier pages."""
        await self.resend([notification])

    async def resend(self, notifications: Sequence[Notification]) -> None:
        """Post the alerts of all *notifications* with their state as of now."""
        alerts = [alert for each in notifications for alert in self._render_alerts(each)]
        refusal: SinkRefuses | None = None
        for start in range(0, len(alerts), ALERTS_PER_REQUEST_MAX):
            body = orjson.dumps(alerts[start : start + ALERTS_PER_REQUEST_MAX])
            try:
                await with_retries(lambda body=body: self._post(body))
            except SinkRefuses as error:
                refusal = error  # The other requests must still be sent, or their alerts expire.
        if refusal is not None:
            raise refusal

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    def _render_alerts(self, notification: Notification) -> list[dict[str, Any]]:
        options = self.options
        return render.alertmanager_alerts(
            notification, secret=options.secret, link=options.link, now=self.clock()
        )

    async def _post(self, body: bytes) -> None:
        url = self.url.rstrip("/") + ALERTS_PATH
        await self.client.post(url, body, {"Content-Type": "application/json"})
