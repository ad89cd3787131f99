"""Calls people by mail, chat or pager, through whatever service apprise knows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from alerts.notification import render
from alerts.notification.due import Notification
from streams.sinks import RenderOptions, SinkDown, SinkRefuses
from streams.sinks.retry import with_retries

TIMEOUT_SECONDS = 30


@dataclass(slots=True)
class Apprise:
    """The service that *address* names; it may hold a password, and is asked for each time."""

    read_url: Callable[[], str] = field(repr=False)
    options: RenderOptions
    needs_resend: bool = False

    async def send(self, notification: Notification) -> None:
        """Call, in a thread of its own: the library waits."""
        text = render.text_message(notification, secret=self.options.secret, link=self.options.link)
        await with_retries(lambda: self._notify_with_timeout(text))

    async def resend(self, notifications: Sequence[Notification]) -> None:
        """Nothing: who was called once is not called every minute."""

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _notify_with_timeout(self, text: str) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                accepted = await asyncio.to_thread(self._notify, text)
        except TimeoutError:
            raise SinkDown("the service does not answer") from None
        if not accepted:
            raise SinkDown("the service did not take it")

    def _notify(self, text: str) -> bool:
        # It logs what it sends and where to.
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        service = load_apprise().Apprise()
        if not service.add(self.read_url()):
            raise SinkRefuses("its URL is none that apprise knows")
        return service.notify(
            body=text, title=render.TITLE, body_format="text", interpret_escapes=False
        )


def load_apprise() -> Any:
    """Apprise, which has no types and is installed only where it is wanted."""
    try:
        return import_module("apprise")
    except ModuleNotFoundError:
        raise SinkRefuses("apprise is not installed: pip install 'tocsin[notify]'") from None
