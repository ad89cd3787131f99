"""Sends notifications by mail, chat or pager through a service that Apprise supports."""

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
    """One Apprise service.

    *read_url* returns its URL, which may contain a password; it is called for each attempt, so
    the URL can change without a restart.
    """

    read_url: Callable[[], str] = field(repr=False)
    options: RenderOptions
    needs_resend: bool = False

    async def send(self, notification: Notification) -> None:
        """Send *notification* in a thread, since Apprise blocks."""
        text = render.text_message(notification, secret=self.options.secret, link=self.options.link)
        await with_retries(lambda: self._notify_with_timeout(text))

    async def resend(self, notifications: Sequence[Notification]) -> None:
        """Do nothing: a person is not notified twice of the same page."""

    async def close(self) -> None:
        """Do nothing: no connection stays open."""

    async def _notify_with_timeout(self, text: str) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                accepted = await asyncio.to_thread(self._notify, text)
        except TimeoutError:
            raise SinkDown("the service does not answer") from None
        if not accepted:
            raise SinkDown("the service did not take it")

    def _notify(self, text: str) -> bool:
        # Apprise logs messages and addresses.
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        service = load_apprise().Apprise()
        if not service.add(self.read_url()):
            raise SinkRefuses("its URL is none that apprise knows")
        return service.notify(
            body=text, title=render.TITLE, body_format="text", interpret_escapes=False
        )


def load_apprise() -> Any:
    """Import Apprise, an optional dependency without types.  Raises SinkRefuses."""
    try:
        return import_module("apprise")
    except ModuleNotFoundError:
        raise SinkRefuses("apprise is not installed: pip install 'tocsin[notify]'") from None
