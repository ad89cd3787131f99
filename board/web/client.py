"""What the web processes need of the follower: its states, and its views."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

from board.follower.open_projection import OpenState
from board.follower.protocol import Answer, FollowerState


class StudyClient(Protocol):
    """The client of the follower's closed socket."""

    @property
    def state(self) -> FollowerState | None:
        """The latest state, None before the first."""
        ...

    @property
    def silent_seconds(self) -> float:
        """Seconds since the latest state arrived."""
        ...

    def states(self) -> AsyncGenerator[FollowerState]:
        """Yield each state as it arrives."""
        ...

    async def ask(
        self,
        study: str,
        view: str,
        arguments: Mapping[str, str] = ...,
        as_of: str | None = None,
    ) -> Answer:
        """Return a view.  Raises ViewNotFoundError, ViewFailed or FollowerUnreachable."""
        ...


class PooledClient(Protocol):
    """The client of the follower's open socket, on which no number by treatment travels."""

    @property
    def state(self) -> OpenState | None:
        """The latest state, None before the first."""
        ...

    @property
    def silent_seconds(self) -> float:
        """Seconds since the latest state arrived."""
        ...
