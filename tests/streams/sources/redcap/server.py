"""A local server that answers as the API of REDCap does, and fails as servers do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from aiohttp import web

TOKEN = "0123456789ABCDEF0123456789ABCDEF"

Failure = int | str | None
"""A status, an answer that breaks off ("half", "cut") or is a "page", or None."""


@dataclass
class FakeRedcap:
    """A project of *records*; *failures* say, answer by answer, how it fails: None is not."""

    records: Sequence[dict[str, str]]
    failures: list[Failure] = field(default_factory=list["Failure"])
    requests: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request of the API."""
        data = {name: str(value) for name, value in (await request.post()).items()}
        self.requests.append(data)
        failure = self.failures.pop(0) if self.failures else None
        if isinstance(failure, int):
            return web.json_response({"error": "no"}, status=failure)
        if data["token"] != TOKEN:
            return web.json_response({"error": "You do not have permissions"}, status=403)
        body = json.dumps(self._exported(data)).encode()
        if failure == "half":
            return await half_answer(request, body)
        if failure == "cut":
            return web.Response(body=body[: len(body) // 2], content_type="application/json")
        if failure == "page":
            return web.Response(text="<html>Log in</html>", content_type="text/html")
        return web.Response(body=body, content_type="application/json")

    def _exported(self, data: dict[str, str]) -> list[dict[str, Any]]:
        if data["content"] == "metadata":
            return [{"field_name": "record_id"}, {"field_name": "ae_ae"}]
        assert data["content"] == "record" and data["type"] == "flat" and data["format"] == "json"
        begin = data.get("dateRangeBegin", "")
        chosen = [each for each in self.records if each["ae_modified"] >= begin[:10]]
        ids = {value for name, value in data.items() if name.startswith("records[")}
        if ids:
            return [each for each in self.records if each["record_id"] in ids]
        return [{"record_id": each["record_id"]} for each in chosen]


async def half_answer(request: web.Request, body: bytes) -> web.StreamResponse:
    """Promise all of *body* and close the connection after half of it."""
    response = web.StreamResponse(headers={"Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    assert request.transport is not None
    request.transport.close()
    return response


@contextmanager
def serve(project: FakeRedcap) -> Iterator[FakeRedcap]:
    """Serve *project* on a port of loopback, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(_start(project), loop).result(10)
    try:
        yield project
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _start(project: FakeRedcap) -> web.AppRunner:
    app = web.Application()
    app.router.add_post("/api/", project.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    project.url = f"http://{host}:{port}/api/"
    return runner
