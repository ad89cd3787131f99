"""Sinks of every kind as the command makes them, of a board and of a blinded sponsor."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from alerts.notification.audiences import Deployment, deployment
from streams.health.listener import listen
from streams.sinks import Sink
from streams.sinks.build import built, style_of
from streams.sinks.kafka import Topic
from tests.streams.list_sender import Sent
from tests.streams.metrics.exported import NOON

SINK = '\n[[sink]]\nname = "{name}"\nkind = "{kind}"\n'
FILE = """
link = "https://board.example.org/reports/{ref}"
secret_file = "ref.key"

[[audience]]
name = "board"
sinks = ["pager", "bell"]
kinds = ["signal", "case", "finding"]

[[audience]]
name = "sponsor"
sees = "SEES"
sinks = ["hook", "open-bell", "bus"]
kinds = KINDS
"""

SPONSOR = ("hook", "open-bell")
SINKS = (*SPONSOR, "pager", "bell")


@dataclass
class Post:
    """Takes what comes to each path, and keeps it as it came."""

    came: list[tuple[str, tuple[tuple[bytes, bytes], ...], bytes]] = field(
        default_factory=list[tuple[str, tuple[tuple[bytes, bytes], ...], bytes]]
    )
    address: str = ""

    async def take(self, request: web.Request) -> web.Response:
        self.came.append((request.path, request.raw_headers, await request.read()))
        return web.Response()

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Post]:
        """Listen on a loopback port for as long as the block lasts."""
        app = web.Application()
        app.router.add_post("/{path:.*}", self.take)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        listener = listen("127.0.0.1:0")
        await web.SockSite(runner, listener).start()
        self.address = f"127.0.0.1:{listener.getsockname()[1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


@dataclass
class Bus(Sent):
    """Another cluster, which keeps what it is told."""

    async def close(self) -> None: ...


def described(folder: Path, post: Post, sees: str) -> tuple[Deployment, dict[str, Sink], Bus]:
    """The delivery file in *folder*, and its sinks as they are made for the command."""
    kinds = [*([] if sees == "pooled" else ["signal"]), "case", "finding"]
    text = FILE.replace("SEES", sees).replace("KINDS", json.dumps(kinds))
    for name in ("pager", "hook"):
        text += SINK.format(name=name, kind="webhook") + f'url = "http://{post.address}/{name}"\n'
        text += f'secret_file = "{name}.key"\nallow_private = true\n'
    for name in ("bell", "open-bell"):
        text += SINK.format(name=name, kind="alertmanager")
        text += f'url = "http://{post.address}/{name}"\n'
    text += SINK.format(name="bus", kind="kafka") + 'url = "bus:9092"\ntopic = "calls"\n'
    for name in ("ref", "pager", "hook"):
        (folder / f"{name}.key").write_text("sixteen bytes or more\n")
    plan = deployment(text)
    style, bus = style_of(plan, folder), Bus()
    sinks = {n: built(each, folder, style, lambda: NOON) for n, each in plan.sinks.items()}
    sinks["bus"] = Topic("calls", 0, style, bus)
    return plan, sinks, bus
