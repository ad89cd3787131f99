"""A private Redis or Valkey server on a unix socket, for the demo, the tests and the faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from streams.local.ports import free_ports
from streams.local.process import Process, ServiceFailed, on_path
from streams.local.server import Served

PROGRAMS = ("redis-server", "valkey-server")
SOCKET_PATH_MAX = 100
"""A socket's address has room for 104 bytes on macOS, 108 on Linux, its closing zero included."""

SETTINGS = {
    # A store that evicts loses rows without a word; ours refuses to grow instead.
    "maxmemory-policy": "noeviction",
    "appendonly": "no",
    "save": '""',
    "daemonize": "no",
    "bind": "127.0.0.1",
    "unixsocket": "redis.sock",
    "unixsocketperm": "700",
    "dir": ".",
}


@dataclass(slots=True)
class RedisServer(Served):
    """A server of our own in *folder*; nothing survives it unless *settings* say so.

    It listens on a unix socket that only we can open; with *tcp*, on a loopback port as well.
    Where its *settings* name users, *login* is one of them, with the password.
    """

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    tcp: bool = False
    login: tuple[str, str] | None = field(default=None, repr=False)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.process = Process(self.folder)

    def start(self, *, attended: bool = True) -> None:
        """Start it on what its folder holds, and come back when it answers."""
        program, reason = find()
        if program is None:
            raise ServiceFailed(reason)
        if len(str(self.socket)) > SOCKET_PATH_MAX:
            raise ServiceFailed(f"{self.socket} is too long for a socket: choose a shorter folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.process.running:
            self.configuration.write_text(self.configured())
        self.process.start([program, "redis.conf"], attended=attended)
        self.process.until(self.answers, patience=30)

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / "redis.sock"

    @property
    def configuration(self) -> Path:
        """What it is started with."""
        return self.folder / "redis.conf"

    @property
    def url(self) -> str:
        """How redis-py finds it: by its socket."""
        return f"unix://{self.socket}"

    @property
    def port(self) -> int:
        """The loopback port it listens on; 0 for none.  It stays the same over restarts."""
        if not self.configuration.exists():
            return 0
        lines = (line.partition(" ") for line in self.configuration.read_text().splitlines())
        return next(int(value) for name, _, value in lines if name == "port")

    def configured(self) -> str:
        """The text of its configuration file."""
        port = self.port or (free_ports(1)[0] if self.tcp else 0)
        wanted = {**SETTINGS, **self.settings, "port": str(port)}
        return "".join(f"{name} {value}\n" for name, value in wanted.items())

    def answers(self) -> bool:
        """Whether it takes commands; while it loads its data it does not."""
        name, password = self.login or (None, None)
        client = redis.Redis(
            unix_socket_path=str(self.socket),
            username=name,
            password=password,
            socket_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            return bool(client.ping())  # pyright: ignore[reportUnknownMemberType]
        except (redis.ConnectionError, redis.TimeoutError):
            return False
        finally:
            client.close()


def find() -> tuple[str | None, str]:
    """The server program, or None and the reason with its remedy."""
    return on_path(PROGRAMS)
