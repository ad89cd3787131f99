"""Runs the follower in a process of its own, with a closed and an open socket in a folder."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from board.follower.builder import ViewBuilder
from board.follower.follower import Follower
from board.follower.partition import PartitionFollower
from board.follower.past import PastStudies
from board.follower.protocol import CLOSED_SOCKET, OPEN_SOCKET
from board.follower.server import FrameServer
from streams.kafka.topics import LOG
from streams.log.kafka import KafkaLog
from streams.records.key_files import read_trust
from streams.settings import Settings
from streams.store import LIVE_SPACE
from streams.store.keys import Keys
from streams.store.redis import RedisStore, connect

LOCK_FILE = "follower.lock"

INPUT_BYTES = 1024

SWITCH_SECONDS = 0.001
"""Asks and states wait at most this long for a thread that builds a view."""

CANCEL_SECONDS = 0.5
"""Time after which a task is cancelled again."""


class FollowerRunning(Exception):
    """Another follower serves the folder."""


def run_follower(settings: Settings, folder: Path, *, with_input: bool = False) -> None:
    """Follow the log until SIGTERM or SIGINT; *folder*, of this user alone, gets the sockets.

    *with_input* ends with standard input, too: that is a pipe from the process that started it.
    Reads the log and the live store of *settings*, and writes to neither.  Raises FollowerRunning
    where another follower serves *folder*, and what ``read_trust`` raises.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    with only_follower(folder):
        asyncio.run(_serve(settings, folder, with_input=with_input))


@contextmanager
def only_follower(folder: Path) -> Generator[None]:
    """Hold the lock of *folder*, which ends with this process.  Raises FollowerRunning."""
    descriptor = os.open(folder / LOCK_FILE, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FollowerRunning(f"Another follower serves {folder}.") from None
        yield
    finally:
        os.close(descriptor)


def open_follower(
    settings: Settings, store_of: Callable[[int], RedisStore] | None = None
) -> Follower:
    """Return the follower of all partitions of the log; ``close_follower`` closes it.

    *store_of* opens the live store of a partition; by default that of *settings*.
    """
    if store_of is None:
        client = connect(settings.store)
        store_of = partial(_open_store, client)
    trust = read_trust(settings.plan_keys_file, settings.plan_signers)
    partitions = {
        number: PartitionFollower(
            KafkaLog(settings.broker, LOG, number),
            store_of(number),
            number,
            partition_count=settings.log_partitions,
            trust=trust,
        )
        for number in range(settings.log_partitions)
    }
    past = PastStudies(lambda number: KafkaLog(settings.broker, LOG, number), trust)
    return Follower(partitions, ViewBuilder(past), settings.log_partitions)


async def close_follower(follower: Follower) -> None:
    """Close the clients of log and store."""
    await follower.builder.past.close()
    for partition in follower.partitions.values():
        await partition.log.close()
    await follower.partitions[0].stored.close()


def _open_store(client: Any, partition: int) -> RedisStore:
    return RedisStore(client, Keys(LIVE_SPACE, LOG, partition))


async def _serve(settings: Settings, folder: Path, *, with_input: bool) -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    if with_input:
        loop.add_reader(sys.stdin, _read_input, stopped)
    await serve_follower(open_follower(settings), folder, stopped)


def _read_input(stopped: asyncio.Event) -> None:
    """Set *stopped* at the end of standard input, on which nothing is sent."""
    if not os.read(sys.stdin.fileno(), INPUT_BYTES):
        asyncio.get_running_loop().remove_reader(sys.stdin)
        stopped.set()


async def serve_follower(follower: Follower, folder: Path, stopped: asyncio.Event) -> None:
    """Run *follower* and serve its sockets in *folder* until *stopped* is set; then close all."""
    closed = FrameServer(follower.make_state, follower.answer)
    opened = FrameServer(follower.make_open_state, on_change=False)
    follower.on_change = closed.push_soon
    (folder / OPEN_SOCKET).parent.mkdir(mode=0o700, exist_ok=True)
    await closed.start(folder / CLOSED_SOCKET)
    await opened.start(folder / OPEN_SOCKET)
    following = asyncio.ensure_future(follower.run())
    try:
        await stopped.wait()
    finally:
        await end_task(following)
        await closed.close()
        await opened.close()
        await close_follower(follower)


async def end_task(task: asyncio.Future[None]) -> None:
    """Cancel *task* until it ends: a client that connects just then may lose a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_SECONDS)
    await asyncio.gather(task, return_exceptions=True)
