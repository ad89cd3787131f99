"""Keeps an Alertmanager ringing: it forgets what it is not told again, and hears of every end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from alerts.notification import render
from alerts.notification.due import Notice
from streams.sinks import SinkRefuses, Style
from streams.sinks.http import Poster
from streams.sinks.retry import persistently

PATH = "/api/v2/alerts"
POSTED_MAX = 256
"""Alerts in one request: the smallest limit that anybody is known to set is 1 MiB."""


@dataclass(slots=True)
class Alertmanager:
    """The Alertmanager at *url*, of the closed zone."""

    url: str
    style: Style
    clock: Callable[[], float]
    poster: Poster
    reminds: bool = True

    async def send(self, notice: Notice) -> None:
        """Ring, or end, the call of *notice*, and end those before it."""
        await self.remind([notice])

    async def remind(self, notices: Sequence[Notice]) -> None:
        """Post all of them as they are at this hour."""
        posts = [post for notice in notices for post in self._posts(notice)]
        refused: SinkRefuses | None = None
        for start in range(0, len(posts), POSTED_MAX):
            body = orjson.dumps(posts[start : start + POSTED_MAX])
            try:
                await persistently(lambda body=body: self._post(body))
            except SinkRefuses as error:
                refused = error  # Of what is refused once, the rest must not fall silent.
        if refused is not None:
            raise refused

    async def close(self) -> None:
        """Close the connections."""
        await self.poster.close()

    def _posts(self, notice: Notice) -> list[dict[str, Any]]:
        style = self.style
        return render.alertmanager(notice, secret=style.secret, link=style.link, hour=self.clock())

    async def _post(self, body: bytes) -> None:
        address = self.url.rstrip("/") + PATH
        await self.poster.post(address, body, {"Content-Type": "application/json"})
