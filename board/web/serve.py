"""Serves a board: the web process over the follower's socket, by TLS or on loopback."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from board.access.member_keys import MemberKeys
from board.access.users import Users, read_users
from board.follower.client import FollowerClient, OpenClient
from board.follower.protocol import CLOSED_SOCKET, OPEN_SOCKET
from board.web.app import create_closed_app
from board.web.context import BoardConfig, context_of_app
from board.web.move_service import MoveService
from board.web.open_app import create_open_app
from board.web.render import load_templates
from streams.audit.trails import open_audit_log, open_trail_log
from streams.kafka.sender import KafkaSender
from streams.kafka.topics import LOG
from streams.producers.reviews import ReviewWriter
from streams.settings import LOOPBACK_HOSTS, Settings
from streams.store import LIVE_SPACE
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect

logger = logging.getLogger("tocsin.board")

STOP_SECONDS = 5
"""Open event streams end with the process; this long they may take."""

FOLLOWER_RESTART_SECONDS = 1.0


class PageServer(uvicorn.Server):
    """A server after whose end the caller goes on, and stops what it has started.

    The base class sends SIGTERM to the process again, which would end it at once.
    """

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Stop serving at SIGTERM or SIGINT."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


@dataclass(frozen=True, slots=True)
class Listener:
    """Where a page is served; with *cert* and *key*, over TLS."""

    host: str
    port: int
    cert: str | None = None
    key: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Listener:
        """Return the listener of *settings*."""
        host, _, port = settings.board.rpartition(":")
        own = settings.board_tls == "own"
        return cls(
            host.strip("[]"),
            int(port),
            settings.board_tls_cert_file if own else None,
            settings.board_tls_key_file if own else None,
        )

    @property
    def address(self) -> str:
        """The address for a browser on this machine."""
        shown = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        scheme = "https" if self.cert else "http"
        return f"{scheme}://{f'[{shown}]' if ':' in shown else shown}:{self.port}"

    def server(self, app: FastAPI) -> uvicorn.Server:
        """Return the server of *app* at this listener."""
        return PageServer(
            uvicorn.Config(
                app,
                host=self.host,
                port=self.port,
                ssl_certfile=self.cert,
                ssl_keyfile=self.key,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )


def board_config(settings: Settings, users: Users | None = None) -> BoardConfig:
    """Return the configuration of a page by *settings*.

    Raises UsersError where the file of users is not usable, and ValueError where other machines
    could reach the page without TLS.
    """
    if users is None:
        assert settings.board_users_file is not None, "check it before"
        users = read_users(Path(settings.board_users_file))
    hosts = tuple(dict.fromkeys((*settings.board_hosts.split(","), *LOOPBACK_HOSTS)))
    return BoardConfig(
        users=users,
        audit_log=open_audit_log(settings, "board"),
        tls=settings.board_tls != "off",
        hosts=hosts,
        open_trail=partial(open_trail_log, settings),
    )


async def serve_closed(
    settings: Settings,
    config: BoardConfig,
    folder: Path,
    store_of: Callable[[int], RedisStore] | None = None,
    on_server: Callable[[uvicorn.Server], None] = lambda server: None,
) -> None:
    """Serve the closed board over the follower's socket in *folder* until SIGTERM.

    *store_of* opens the live store of a partition; by default that of *settings*.  *on_server* gets
    the server before it starts.
    """
    client, redis = FollowerClient(folder / CLOSED_SOCKET), None
    if store_of is None:
        redis = connect(settings.store)
        store_of = partial(_open_store, redis)
    sender = KafkaSender(settings.broker)
    app = create_closed_app(config, client)
    if settings.board_keys_folder is not None:
        app.state.closed.moves = MoveService(
            ReviewWriter(sender, settings.log_partitions, store_of),
            store_of,
            MemberKeys(Path(settings.board_keys_folder)),
            context_of_app(app).read_log,
        )
    load_templates()
    await client.start()
    try:
        server = Listener.of(settings).server(app)
        on_server(server)
        await server.serve()
    finally:
        await client.close()
        await sender.close()
        await config.audit_log.close()
        if redis is not None:
            await redis.aclose()


async def serve_open(settings: Settings, config: BoardConfig, folder: Path) -> None:
    """Serve the open board over the follower's open socket in *folder* until SIGTERM."""
    client = OpenClient(folder / OPEN_SOCKET)
    await client.start()
    try:
        await Listener.of(settings).server(create_open_app(config, client)).serve()
    finally:
        await client.close()
        await config.audit_log.close()


async def supervise_follower(folder: Path) -> None:
    """Run the follower as a process of its own, and start it again where it ends.

    It inherits this process's environment, and so its settings.  It ends with this process, also
    where that is killed: its standard input ends then.
    """
    command = [sys.executable, "-m", "tocsin", "board", "follow", "--folder", str(folder)]
    command.append("--with-input")
    while True:
        process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            raise
        logger.warning("The follower ended with code %d: it is started again.", code)
        await asyncio.sleep(FOLLOWER_RESTART_SECONDS)


def _open_store(client: Any, partition: int) -> RedisStore:
    return RedisStore(client, Keys(LIVE_SPACE, LOG, partition))
