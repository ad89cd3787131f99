"""A real webhook receiver that verifies signatures and records requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from alerts.notification.webhook_signature import (
    IDEMPOTENCY_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    is_genuine,
)

SECRET = b"sixteen bytes or more"


@dataclass
class WebhookReceiver:
    """Records genuine requests; responds with *statuses* in order, afterwards with 200."""

    statuses: list[int] = field(default_factory=list[int])
    location: str = ""
    delay_seconds: float = 0.0
    keys: list[str] = field(default_factory=list[str])
    bodies: list[bytes] = field(default_factory=list[bytes])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    forged: int = 0
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        request_headers = request.headers
        if TIMESTAMP_HEADER in request_headers and not is_genuine(
            SECRET,
            timestamp=request_headers[TIMESTAMP_HEADER],
            body=body,
            received=request_headers[SIGNATURE_HEADER],
            now=time.time(),
        ):
            self.forged += 1
            return web.Response(status=401)
        await asyncio.sleep(self.delay_seconds)
        self.bodies.append(body)
        self.headers.append(dict(request_headers))
        self.keys.append(request_headers.get(IDEMPOTENCY_HEADER, ""))
        status = self.statuses.pop(0) if self.statuses else 200
        headers = {"Location": self.location} if self.location else None
        return web.Response(status=status, headers=headers)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[WebhookReceiver]:
        """Listen on a loopback port until the block ends."""
        app = web.Application()
        app.router.add_post("/hook", self.handle)
        app.router.add_post("/hook/api/v2/alerts", self.handle)
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
