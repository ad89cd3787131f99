"""The board's page of the demo: follower and web process as threads, over the demo's services."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from streams.kafka.topics import LOG
from streams.local.demo_stack import DemoStack
from streams.local.ports import free_ports
from streams.store import LIVE_SPACE
from streams.store.keys import Keys
from streams.store.redis import RedisStore

MEMBER = "demo"
PURPOSE = "demonstration"
START_SECONDS = 15
STOP_SECONDS = 10
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def shows_board(wanted: bool | None) -> bool:
    """Return whether the demo has a page: as *wanted*, else where a person sees a terminal.

    It has none where the extra is not installed.
    """
    if wanted is None and not sys.stdout.isatty():
        return False
    if wanted is False:
        return False
    try:
        import board.web.serve
    except ImportError:
        return False
    return board.web.serve is not None


@dataclass(slots=True)
class DemoBoard:
    """The page over *stack*, from ``start`` to ``close``.

    *members* are the names of its users, all members of the board; each has one of *addresses*,
    which logs in once.
    """

    stack: DemoStack
    members: Sequence[str] = (MEMBER,)
    addresses: dict[str, str] = field(default_factory=dict[str, str])
    started: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    loop: asyncio.AbstractEventLoop | None = None
    stopped: asyncio.Event | None = None
    server: Any = None

    def start(self) -> bool:
        """Start follower and page in a thread; return whether the page is served."""
        self.thread = threading.Thread(target=self._run, name="board", daemon=True)
        self.thread.start()
        return self.started.wait(START_SECONDS) and self.server is not None

    @property
    def address(self) -> str:
        """The address that logs the first member in."""
        return self.addresses[self.members[0]]

    def show(self) -> None:
        """Open the page in a browser, where there is a display."""
        if any(os.environ.get(name) for name in DISPLAYS):
            webbrowser.open(self.address)

    def close(self) -> None:
        """Stop follower and page."""
        if self.loop is not None and self.stopped is not None:
            with suppress(RuntimeError):  # The loop has ended.
                self.loop.call_soon_threadsafe(self._stop)
        if self.thread is not None:
            self.thread.join(STOP_SECONDS)

    def _stop(self) -> None:
        if self.server is not None:
            self.server.should_exit = True
            self.server.force_exit = True
        if self.stopped is not None:
            self.stopped.set()

    def _run(self) -> None:
        with tempfile.TemporaryDirectory(prefix="tocsin-board-") as folder:
            try:
                asyncio.run(self._serve(Path(folder)))
            finally:
                self.started.set()

    async def _serve(self, folder: Path) -> None:
        from board.access.roles import Role
        from board.access.users import ALL_STUDIES, User, Users
        from board.follower.run import open_follower, serve_follower
        from board.web.serve import Listener, board_config, serve_closed

        self.loop, self.stopped = asyncio.get_running_loop(), asyncio.Event()
        (port,) = free_ports(1)
        values = {"board": f"127.0.0.1:{port}", "board_keys_folder": str(folder / "keys")}
        settings = self.stack.settings.model_copy(update=values)
        users = [
            User(name=name, role=Role.BOARD, member=name, studies=frozenset({ALL_STUDIES}))
            for name in self.members
        ]
        config = board_config(settings, Users.of(users))
        for user in users:
            token = config.login_tokens.issue(user, PURPOSE)
            self.addresses[user.name] = f"{Listener.of(settings).address}/login/once/{token}"
        store_of = partial(self._open_store, self.stack.store.new_client())
        follower = open_follower(settings, store_of)
        following = asyncio.ensure_future(serve_follower(follower, folder, self.stopped))
        try:
            await serve_closed(settings, config, folder, store_of, self._note_server)
        finally:
            self.stopped.set()
            await asyncio.gather(following, return_exceptions=True)

    def _open_store(self, client: Any, partition: int) -> RedisStore:
        return self.stack.store.open_store(client, Keys(LIVE_SPACE, LOG, partition))

    def _note_server(self, server: Any) -> None:
        self.server = server
        self.started.set()
