"""Clients of the follower's sockets: its latest state, all states, and views by ask."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar

from board.follower.open_projection import OpenState
from board.follower.protocol import (
    Answer,
    Ask,
    FollowerState,
    Json,
    ProtocolError,
    encode_frame,
    read_frame,
)
from board.views.catalogue import ViewNotFoundError
from board.views.facts import Completeness

logger = logging.getLogger("tocsin.board.client")

RECONNECT_SECONDS = (0.1, 0.2, 0.5, 1.0)
"""Waits between attempts to connect; the last one repeats."""

ASK_SECONDS = 30.0
"""An ask without an answer fails after this long."""

State = TypeVar("State")

NO_ARGUMENTS: Mapping[str, str] = MappingProxyType({})


class FollowerUnreachable(Exception):
    """The follower does not answer."""


class ViewFailed(Exception):
    """The follower could not build the view; its log says why."""


@dataclass(slots=True)
class StateClient(Generic[State]):
    """Stays connected to the socket at *path*, from ``start`` to ``close``.

    *parse* reads the messages of type *kind*.  *state* is the latest state, None before the first;
    it is kept while the follower is silent.
    """

    path: Path
    parse: Callable[[Json], State]
    kind: str
    state: State | None = None
    last_state_at: float = field(default_factory=time.monotonic)
    writer: asyncio.StreamWriter | None = None
    next_state: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect; returns at once."""
        self.last_state_at = time.monotonic()
        self.task = asyncio.ensure_future(self._run())

    async def close(self) -> None:
        """Disconnect."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            self.task = None

    @property
    def silent_seconds(self) -> float:
        """Seconds since the latest state arrived, or since the start where none has."""
        return time.monotonic() - self.last_state_at

    async def states(self) -> AsyncGenerator[State]:
        """Yield the latest state and then each newer one; a slow reader misses some."""
        yielded: State | None = None
        while True:
            if self.state is None or self.state is yielded:
                await self.next_state.wait()
            if self.state is not None:
                yielded = self.state
                yield yielded

    async def _run(self) -> None:
        """Connect, read until the connection ends, and connect again."""
        attempt = 0
        while True:
            try:
                reader, self.writer = await asyncio.open_unix_connection(self.path)
                attempt = 0
                await self._read_messages(reader)
            except (OSError, ProtocolError) as error:
                logger.info("The follower at %s is not reached: %s", self.path, error)
            finally:
                await self._disconnect()
            await asyncio.sleep(RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])
            attempt += 1

    async def _read_messages(self, reader: asyncio.StreamReader) -> None:
        while (message := await read_frame(reader)) is not None:
            if message.get("type") != self.kind:
                self._receive(message)
                continue
            self.state, self.last_state_at = self.parse(message), time.monotonic()
            self.next_state.set()
            self.next_state = asyncio.Event()

    def _receive(self, message: Json) -> None:
        """Handle a message that is no state."""

    async def _disconnect(self) -> None:
        writer, self.writer = self.writer, None
        if writer is not None:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


class OpenClient(StateClient[OpenState]):
    """Client of the open socket at *path*."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, OpenState.from_message, "open")


class FollowerClient(StateClient[FollowerState]):
    """Client of the closed socket at *path*."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, FollowerState.from_message, "state")
        self.asked: dict[int, asyncio.Future[Json]] = {}
        self.last_ask = 0

    async def ask(
        self,
        study: str,
        view: str,
        arguments: Mapping[str, str] = NO_ARGUMENTS,
        as_of: str | None = None,
    ) -> Answer:
        """Return a view.

        Raises ViewNotFoundError, ViewFailed, or FollowerUnreachable where no answer arrives.
        """
        if self.writer is None:
            raise FollowerUnreachable("The follower is not connected.")
        self.last_ask += 1
        ask = Ask(id=self.last_ask, study=study, view=view, arguments=dict(arguments), as_of=as_of)
        future = self.asked[ask.id] = asyncio.get_running_loop().create_future()
        try:
            self.writer.write(encode_frame(ask.to_message()))
            async with asyncio.timeout(ASK_SECONDS):
                return _answer_of(await future, view)
        except (TimeoutError, ConnectionError):
            raise FollowerUnreachable("The follower does not answer.") from None
        finally:
            self.asked.pop(ask.id, None)

    def _receive(self, message: Json) -> None:
        future = self.asked.get(message.get("id", 0))
        if future is not None and not future.done():
            future.set_result(message)

    async def _disconnect(self) -> None:
        for future in self.asked.values():
            if not future.done():
                future.set_exception(ConnectionError("The follower has closed the connection."))
        await super()._disconnect()


def _answer_of(message: Json, view: str) -> Answer:
    if message["type"] == "answer":
        completeness = Completeness(**message["completeness"])
        return Answer(
            version=message["version"],
            body=message["body"],
            completeness=completeness,
            fresh_seconds=message["fresh_seconds"],
        )
    if message["error"] == "not_found":
        raise ViewNotFoundError(view)
    raise ViewFailed(f"The view {view} cannot be built.")
