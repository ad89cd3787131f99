"""Serves the HTTP pages of a worker around the lifetime of its Faust app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from socket import socket

from aiohttp.web import AppRunner
from mode import Service

from streams.health.listener import Pages, serve


class HttpService(Service):
    """Serves *pages* from before the app starts until after it stops, then calls *close*."""

    def __init__(
        self, pages: Sequence[tuple[Pages, socket]], close: Callable[[], Awaitable[None]]
    ) -> None:
        self.pages, self.close = pages, close
        self.runners: list[AppRunner] = []
        Service.__init__(self)  # pyright: ignore[reportUnknownMemberType]

    async def on_start(self) -> None:
        """Start to serve each page on its socket."""
        self.runners = [await serve(each, listener) for each, listener in self.pages]

    async def on_stop(self) -> None:
        """Stop serving, then close the connections to the broker."""
        for runner in self.runners:
            await runner.cleanup()
        await self.close()
