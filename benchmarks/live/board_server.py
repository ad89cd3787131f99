"""Starts `tocsin board` beside a worker, waits for its follower, and reads the CPU of both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.live.contender import Contender
from benchmarks.live.environment import BenchmarkEnvironment
from benchmarks.live.probe import cpu_seconds_of
from benchmarks.live.run import Rejected, contender_variables
from board.access.users import hash_password
from board.follower.client import FollowerClient
from board.follower.protocol import CLOSED_SOCKET
from streams.local.ports import free_ports
from streams.local.process import Process

BOARD = Contender(name="board", title="the board", arguments=("board",))
USER, PASSWORD = "auditor", "measured, not secret"
FOLLOW_SECONDS = 180
POLL_SECONDS = 0.1

USERS = """\
[[user]]
name = "{name}"
role = "auditor"
studies = ["*"]
password = "{password}"
"""


class BoardCpu(NamedTuple):
    """CPU seconds that the web process and its follower have used."""

    web: float
    follower: float

    def since(self, earlier: BoardCpu) -> BoardCpu:
        """Return what was used after *earlier*."""
        return BoardCpu(self.web - earlier.web, self.follower - earlier.follower)


@dataclass(frozen=True, slots=True)
class BoardServer:
    """A running board: its process, the address of its page, and the folder of its sockets."""

    process: Process
    address: str
    sockets: Path

    @property
    def follower_pid(self) -> int:
        """The process id of the follower, the only child of the web process."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return int(next(text for each in children if (text := each.read_text().split()))[0])

    def read_cpu(self) -> BoardCpu:
        """Read the CPU seconds that both processes have used by now."""
        follower = cpu_seconds_of(self.follower_pid)
        return BoardCpu(cpu_seconds_of(self.process.pid or 0) - follower, follower)

    async def wait_followed(self, records: int) -> None:
        """Wait until the follower has folded *records* records.

        Raises `Rejected` where it does not within FOLLOW_SECONDS.
        """
        client, deadline = FollowerClient(self.sockets / CLOSED_SOCKET), _deadline()
        await client.start()
        try:
            while _followed_records(client) < records:
                if not self.process.running or time.monotonic() > deadline:
                    raise Rejected(
                        f"{_followed_records(client):,} of {records:,} followed: "
                        f"{self.process.output_tail()}"
                    )
                await asyncio.sleep(POLL_SECONDS)
        finally:
            await client.close()


@contextmanager
def open_board(environment: BenchmarkEnvironment, records: int) -> Iterator[BoardServer]:
    """Yield a board that has followed *records* records; it is stopped afterwards."""
    sockets, users = environment.folder / "sockets", environment.folder / "users.toml"
    users.parent.mkdir(parents=True, exist_ok=True)
    users.write_text(USERS.format(name=USER, password=hash_password(PASSWORD)))
    listener = f"127.0.0.1:{free_ports(1)[0]}"
    variables = contender_variables(environment, BOARD) | {
        "TOCSIN_BOARD": listener,
        "TOCSIN_BOARD_FOLDER": str(sockets),
        "TOCSIN_BOARD_USERS_FILE": str(users),
    }
    process = environment.start(BOARD, **variables)
    server = BoardServer(process, f"http://{listener}", sockets)
    try:
        asyncio.run(server.wait_followed(records))
        yield server
    finally:
        process.stop()


def _followed_records(client: FollowerClient) -> int:
    partitions = client.state.partitions.values() if client.state is not None else ()
    return sum(each.position for each in partitions)


def _deadline() -> float:
    return time.monotonic() + FOLLOW_SECONDS
