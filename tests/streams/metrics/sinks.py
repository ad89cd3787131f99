"""Builds sinks of every kind as `tocsin deliver` does, for a board and a blinded sponsor."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from alerts.notification.audiences import RoutingConfig, parse_routing_config
from streams.health.listener import listen
from streams.sinks import Sink
from streams.sinks.build import build_sink, read_render_options
from streams.sinks.kafka import KafkaTopic
from tests.streams.list_sender import ListSender
from tests.streams.metrics.exported import NOON

SINK_SECTION = '\n[[sink]]\nname = "{name}"\nkind = "{kind}"\n'
DELIVERY_FILE = """
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

SPONSOR_SINKS = ("hook", "open-bell")
HTTP_SINKS = (*SPONSOR_SINKS, "pager", "bell")


@dataclass
class RequestRecorder:
    """An HTTP server that records each request: path, headers and body."""

    requests: list[tuple[str, tuple[tuple[bytes, bytes], ...], bytes]] = field(
        default_factory=list[tuple[str, tuple[tuple[bytes, bytes], ...], bytes]]
    )
    address: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((request.path, request.raw_headers, await request.read()))
        return web.Response()

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[RequestRecorder]:
        """Listen on a loopback port until the block ends."""
        app = web.Application()
        app.router.add_post("/{path:.*}", self.handle)
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
class OtherCluster(ListSender):
    """The producer of another cluster, which collects its messages."""

    async def close(self) -> None: ...


def build_sinks(
    folder: Path, recorder: RequestRecorder, visibility: str
) -> tuple[RoutingConfig, dict[str, Sink], OtherCluster]:
    """Write the delivery file's secrets to *folder*; build its configuration and its sinks."""
    kinds = [*([] if visibility == "pooled" else ["signal"]), "case", "finding"]
    text = DELIVERY_FILE.replace("SEES", visibility).replace("KINDS", json.dumps(kinds))
    for name in ("pager", "hook"):
        text += (
            SINK_SECTION.format(name=name, kind="webhook")
            + f'url = "http://{recorder.address}/{name}"\n'
        )
        text += f'secret_file = "{name}.key"\nallow_private = true\n'
    for name in ("bell", "open-bell"):
        text += SINK_SECTION.format(name=name, kind="alertmanager")
        text += f'url = "http://{recorder.address}/{name}"\n'
    text += SINK_SECTION.format(name="bus", kind="kafka") + 'url = "bus:9092"\ntopic = "calls"\n'
    for name in ("ref", "pager", "hook"):
        (folder / f"{name}.key").write_text("sixteen bytes or more\n")
    config = parse_routing_config(text)
    render_options, other_cluster = read_render_options(config, folder), OtherCluster()
    sinks = {
        n: build_sink(each, folder, render_options, lambda: NOON)
        for n, each in config.sinks.items()
    }
    sinks["bus"] = KafkaTopic("calls", 0, render_options, other_cluster)
    return config, sinks, other_cluster
