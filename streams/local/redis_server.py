"""A private Redis or Valkey server on a unix socket, for the demo, the tests and the faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from streams.local.ports import free_ports
from streams.local.process import Process, ServiceFailed, find_on_path
from streams.local.server import LocalServer

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
class RedisServer(LocalServer):
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

    def start(self, *, ends_with_parent: bool = True) -> None:
        """Start it on what its folder holds, and come back when it answers."""
        program, reason = find_program()
        if program is None:
            raise ServiceFailed(reason)
        if len(str(self.socket_path)) > SOCKET_PATH_MAX:
            raise ServiceFailed(
                f"{self.socket_path} is too long for a socket: choose a shorter folder"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.process.running:
            self.configuration_file.write_text(self.render_configuration())
        self.process.start([program, "redis.conf"], ends_with_parent=ends_with_parent)
        self.process.wait_until_ready(self.is_ready, timeout=30)

    @property
    def socket_path(self) -> Path:
        """Where it listens."""
        return self.folder / "redis.sock"

    @property
    def configuration_file(self) -> Path:
        """What it is started with."""
        return self.folder / "redis.conf"

    @property
    def url(self) -> str:
        """How redis-py finds it: by its socket."""
        return f"unix://{self.socket_path}"

    @property
    def port(self) -> int:
        """The loopback port it listens on; 0 for none.  It stays the same over restarts."""
        if not self.configuration_file.exists():
            return 0
        lines = (line.partition(" ") for line in self.configuration_file.read_text().splitlines())
        return next(int(value) for name, _, value in lines if name == "port")

    def render_configuration(self) -> str:
        """The text of its configuration file."""
        port = self.port or (free_ports(1)[0] if self.tcp else 0)
        directives = {**SETTINGS, **self.settings, "port": str(port)}
        return "".join(f"{name} {value}\n" for name, value in directives.items())

    def is_ready(self) -> bool:
        """Whether it takes commands; while it loads its data it does not."""
        name, password = self.login or (None, None)
        client = redis.Redis(
            unix_socket_path=str(self.socket_path),
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


def find_program() -> tuple[str | None, str]:
    """The server program, or None and the reason with its remedy."""
    return find_on_path(PROGRAMS)
