"""What there is around Faust's app: the probes, and the way to the broker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from socket import socket

from aiohttp.web import AppRunner
from mode import Service

from streams.health.listener import Pages, serve


class HttpService(Service):
    """Starts before the app and ends after it: whoever asks is answered all the time."""

    def __init__(
        self, pages: Sequence[tuple[Pages, socket]], close: Callable[[], Awaitable[None]]
    ) -> None:
        self.pages, self.close = pages, close
        self.runners: list[AppRunner] = []
        Service.__init__(self)  # pyright: ignore[reportUnknownMemberType]

    async def on_start(self) -> None:
        """Answer the probes, and whoever collects numbers."""
        self.runners = [await serve(each, listener) for each, listener in self.pages]

    async def on_stop(self) -> None:
        """Answer no more, and let go of the broker."""
        for runner in self.runners:
            await runner.cleanup()
        await self.close()
