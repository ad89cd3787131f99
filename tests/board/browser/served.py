"""A board over ProDERM's facts, served from a thread of the test, for a browser to look at."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import uvicorn

from board.access.roles import Role
from tests.board.web.boards import Board
from tests.board.web.facts_client import STUDY
from tests.streams.list_log import ListLog

START_SECONDS = 30


@dataclass
class ServedBoard:
    """A board that is served at *address*; its studies change with ``change``."""

    board: Board
    address: str
    loop: asyncio.AbstractEventLoop

    @property
    def base(self) -> str:
        """The address of the study's pages."""
        return f"{self.address}/s/{STUDY}"

    def cookie(self, role: Role, purpose: str = "Test") -> dict[str, str]:
        """The cookie of a new session of *role*."""
        name = self.board.config.session_cookie
        value = self.board.user(role, purpose).cookies[name]
        return {"name": name, "value": value, "url": self.address}

    def change(self, **bodies: Any) -> None:
        """Let the study have another version, with *bodies* of views."""
        done = threading.Event()

        def change() -> None:
            self.board.client.bodies |= bodies
            self.board.client.change()
            done.set()

        self.loop.call_soon_threadsafe(change)
        assert done.wait(START_SECONDS)


@dataclass
class _Server:
    """The thread that serves a board."""

    board: Board
    listener: socket.socket
    started: threading.Event = field(default_factory=threading.Event)
    server: uvicorn.Server | None = None
    loop: asyncio.AbstractEventLoop | None = None

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self.loop = asyncio.get_running_loop()
        config = uvicorn.Config(
            self.board.app(), log_config=None, server_header=False, timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)
        self.loop.call_soon(self.started.set)
        await self.server.serve([self.listener])


@contextmanager
def served(board: Board) -> Generator[ServedBoard]:
    """The closed board, served from a thread until the end of the block."""
    server = _Server(board, socket.create_server(("127.0.0.1", 0)))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.started.wait(START_SECONDS)
    assert server.loop is not None and server.server is not None
    port = server.listener.getsockname()[1]
    try:
        yield ServedBoard(board, f"http://127.0.0.1:{port}", server.loop)
    finally:
        server.server.should_exit = server.server.force_exit = True
        thread.join(START_SECONDS)
        server.listener.close()


def audited_board() -> Board:
    """A board whose audit page reads what was audited."""
    board = Board()

    def open_trail() -> ListLog:
        log = ListLog()
        for entry in board.trail.entries:
            log.append(orjson.dumps(entry))
        return log

    board.settings["open_trail"] = open_trail
    return board
