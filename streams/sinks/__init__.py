"""Where notices go; each kind of sink is a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from alerts.notification.due import Notification


class SinkFailed(Exception):
    """The notice was not taken; the message says why and nothing of what was in it."""


class SinkDown(SinkFailed):
    """Nobody answers, or not now.  Try again, this notice and the others."""


class SinkRefuses(SinkFailed):
    """It does not take this notice.  Go on with the others, and come back to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """How every notice is written: *secret* hides an alert's id, *link* leads to the board."""

    secret: bytes
    link: str = ""

    def __repr__(self) -> str:
        """The link alone."""
        return f"Style(link={self.link!r})"


class Sink(Protocol):
    """Whatever takes notices."""

    @property
    def needs_resend(self) -> bool:
        """Whether it forgets what it is not told again."""
        ...

    async def send(self, notification: Notification) -> None:
        """Come back when *notice* was taken.  Raises SinkDown or SinkRefuses."""
        ...

    async def resend(self, notifications: Sequence[Notification]) -> None:
        """Tell all *notices* again, where it *reminds*.  Raises SinkDown or SinkRefuses."""
        ...

    async def close(self) -> None:
        """Let go of the service."""
        ...
