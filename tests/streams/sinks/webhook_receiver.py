"""A real receiver of webhooks: takes what is posted, checks who signed it, answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from alerts.notification.webhook_signature import IDEMPOTENCY, SIGNATURE, TIMESTAMP, genuine

SECRET = b"sixteen bytes or more"


@dataclass
class Receiver:
    """What came, by its key.  *answers* are the first statuses; afterwards it is 200."""

    answers: list[int] = field(default_factory=list[int])
    location: str = ""
    pause: float = 0.0
    keys: list[str] = field(default_factory=list[str])
    bodies: list[bytes] = field(default_factory=list[bytes])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    forged: int = 0
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        told = request.headers
        if TIMESTAMP in told and not genuine(
            SECRET,
            timestamp=told[TIMESTAMP],
            body=body,
            signed=told[SIGNATURE],
            hour=time.time(),
        ):
            self.forged += 1
            return web.Response(status=401)
        await asyncio.sleep(self.pause)
        self.bodies.append(body)
        self.headers.append(dict(told))
        self.keys.append(told.get(IDEMPOTENCY, ""))
        status = self.answers.pop(0) if self.answers else 200
        headers = {"Location": self.location} if self.location else None
        return web.Response(status=status, headers=headers)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Receiver]:
        """Listen on a loopback port for as long as the block lasts."""
        app = web.Application()
        app.router.add_post("/hook", self.take)
        app.router.add_post("/hook/api/v2/alerts", self.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server = site._server
        assert isinstance(server, asyncio.Server)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        try:
            yield self
        finally:
            await runner.cleanup()
