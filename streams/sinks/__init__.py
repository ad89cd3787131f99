"""Sinks of notifications, one file for each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from alerts.notification.due import Notification


class SinkFailed(Exception):
    """The notification was not accepted.

    The message is a value of the label `why` of a metric, and never quotes the notification.
    """


class SinkDown(SinkFailed):
    """The receiver does not respond.  Retry this notification and the others."""


class SinkRefuses(SinkFailed):
    """The receiver rejects this notification.  Continue with the others; retry it later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """Options of all notifications: *secret* hides alert ids, *link* leads to the board."""

    secret: bytes
    link: str = ""

    def __repr__(self) -> str:
        """Show the link and hide the secret."""
        return f"RenderOptions(link={self.link!r})"


class Sink(Protocol):
    """A receiver of notifications."""

    @property
    def needs_resend(self) -> bool:
        """Whether firing alerts expire at the receiver unless they are sent again."""
        ...

    async def send(self, notification: Notification) -> None:
        """Send *notification*, and return once it is accepted.  Raises SinkDown or SinkRefuses."""
        ...

    async def resend(self, notifications: Sequence[Notification]) -> None:
        """Send all *notifications* again if ``needs_resend``, else do nothing.

        Raises SinkDown or SinkRefuses.
        """
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
