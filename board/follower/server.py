"""Serves the closed socket: pushes states to each connection and answers its asks."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from board.follower.protocol import (
    HEARTBEAT_SECONDS,
    Ask,
    Json,
    ProtocolError,
    encode_frame,
    read_frame,
)
from board.views.catalogue import ViewNotFoundError

logger = logging.getLogger("tocsin.board.follower")

CHANGE_SECONDS = 0.2
"""Shortest time between two pushes."""

UNREAD_BYTES_MAX = 8 << 20
"""A connection with more unread bytes is left out of a push: the next one is newer."""

ASKS_MAX = 16
"""Asks of one connection that are answered at once; more wait."""

AnswerAsk = Callable[[Ask], Awaitable[Json]]
"""Returns the fields of an answer, without type and id.  Raises ViewNotFoundError."""


@dataclass(slots=True)
class FrameServer:
    """Pushes ``make_state(sequence)`` over a UNIX socket, once a second and after ``push_soon``.

    Without *answer_ask* a connection must not send anything.  With *on_change* false, pushes have
    a fixed rhythm, which tells nothing of what was folded.
    """

    make_state: Callable[[int], Json]
    answer_ask: AnswerAsk | None = None
    on_change: bool = True
    sequence: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    latest: bytes = b""
    writers: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    server: asyncio.Server | None = None

    async def start(self, path: Path) -> None:
        """Listen at *path*, which only this user may open, in place of an earlier socket."""
        listener = private_socket(path)
        self._build_state()
        self.server = await asyncio.start_unix_server(self._serve_connection, sock=listener)
        self._spawn(self._push_states())

    async def close(self) -> None:
        """Stop listening, and close all connections."""
        if self.server is not None:
            self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for writer in self.writers:
            writer.close()

    def push_soon(self) -> None:
        """Push a state within ``CHANGE_SECONDS``."""
        if self.on_change:
            self.changed.set()

    def _spawn(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def _push_states(self) -> None:
        while True:
            await asyncio.sleep(CHANGE_SECONDS if self.on_change else HEARTBEAT_SECONDS)
            if self.on_change:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), HEARTBEAT_SECONDS - CHANGE_SECONDS)
            self.changed.clear()
            try:
                self._build_state()
            except Exception:  # The silence shows; a later state may be right again.
                logger.exception("A state cannot be made.")
                continue
            for writer in self.writers:
                if writer.transport.get_write_buffer_size() < UNREAD_BYTES_MAX:
                    writer.write(self.latest)

    def _build_state(self) -> None:
        self.sequence += 1
        self.latest = encode_frame(self.make_state(self.sequence))

    async def _serve_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(self.latest)
        self.writers.add(writer)
        free, asks = asyncio.Semaphore(ASKS_MAX), set[asyncio.Task[None]]()
        try:
            while (message := await read_frame(reader)) is not None:
                if self.answer_ask is None:
                    raise ProtocolError("This socket takes no messages.")
                ask = Ask.from_message(message)
                await free.acquire()
                task = self._spawn(self._answer(self.answer_ask, ask, writer))
                asks.add(task)
                task.add_done_callback(asks.discard)
                task.add_done_callback(lambda _: free.release())
        except ProtocolError as error:
            logger.warning("A connection is closed: %s", error)
        finally:
            for task in asks:
                task.cancel()
            self.writers.discard(writer)
            writer.close()

    async def _answer(self, answer_ask: AnswerAsk, ask: Ask, writer: asyncio.StreamWriter) -> None:
        try:
            message: Json = {"type": "answer", "id": ask.id} | await answer_ask(ask)
        except ViewNotFoundError:
            message = {"type": "error", "id": ask.id, "error": "not_found"}
        except Exception:
            logger.exception("The view %s cannot be built.", ask.view)
            message = {"type": "error", "id": ask.id, "error": "failed"}
        with suppress(ConnectionError):
            writer.write(encode_frame(message))
            await writer.drain()


def private_socket(path: Path) -> socket.socket:
    """Return a UNIX socket bound to *path* with mode 0600, in place of an earlier one."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)  # Nobody can connect before it listens.
    return listener
