"""What there is around Faust's app: the probes, and the way to the broker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from socket import socket

from mode import Service

from streams.health import Health


class Around(Service):
    """Starts before the app and ends after it: whoever asks is answered all the time."""

    def __init__(
        self, health: Health, listener: socket, close: Callable[[], Awaitable[None]]
    ) -> None:
        self.health, self.listener, self.close = health, listener, close
        Service.__init__(self)  # pyright: ignore[reportUnknownMemberType]

    async def on_start(self) -> None:
        """Answer the probes."""
        self.runner = await self.health.serve(self.listener)

    async def on_stop(self) -> None:
        """Answer no more, and let go of the broker."""
        await self.runner.cleanup()
        await self.close()
