"""Calls people by mail, chat or pager, through whatever service apprise knows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from alerts.notification import render
from alerts.notification.due import Notice
from streams.sinks import SinkDown, SinkRefuses, Style
from streams.sinks.retry import persistently

PATIENCE_SECONDS = 30


@dataclass(slots=True)
class Apprise:
    """The service that *address* names; it may hold a password, and is asked for each time."""

    address: Callable[[], str] = field(repr=False)
    style: Style
    reminds: bool = False

    async def send(self, notice: Notice) -> None:
        """Call, in a thread of its own: the library waits."""
        text = render.message(notice, secret=self.style.secret, link=self.style.link)
        await persistently(lambda: self._call(text))

    async def remind(self, notices: Sequence[Notice]) -> None:
        """Nothing: who was called once is not called every minute."""

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _call(self, text: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                done = await asyncio.to_thread(self._notify, text)
        except TimeoutError:
            raise SinkDown("the service does not answer") from None
        if not done:
            raise SinkDown("the service did not take it")

    def _notify(self, text: str) -> bool:
        # It logs what it sends and where to.
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        service = library().Apprise()
        if not service.add(self.address()):
            raise SinkRefuses("its URL is none that apprise knows")
        return service.notify(
            body=text, title=render.TITLE, body_format="text", interpret_escapes=False
        )


def library() -> Any:
    """Apprise, which has no types and is installed only where it is wanted."""
    try:
        return import_module("apprise")
    except ModuleNotFoundError:
        raise SinkRefuses("apprise is not installed: pip install 'tocsin[notify]'") from None
