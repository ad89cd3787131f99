"""A private Redis or Valkey server on a unix socket, for the demo and for tests."""

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
"""A socket address holds 104 bytes on macOS and 108 on Linux, including the final zero byte."""

SETTINGS = {
    # Eviction would delete rows silently; with noeviction a full store refuses writes instead.
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
    """A private store in *folder*; it persists nothing unless *settings* configure persistence.

    The server listens on a unix socket with mode 700; with *tcp*, also on a loopback port.
    *login* is the user name and password of the readiness check, needed where *settings* name
    users.
    """

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    tcp: bool = False
    login: tuple[str, str] | None = field(default=None, repr=False)
    process: Process = field(init=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.process = Process(self.folder)

    def prepare(self) -> list[str]:
        """Write the configuration file unless the server runs, and return the command line.

        Raises `ServiceFailed` where no server is on PATH or the socket's path is too long.
        """
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
        return [program, "redis.conf"]

    @property
    def socket_path(self) -> Path:
        """The path of the unix socket."""
        return self.folder / "redis.sock"

    @property
    def configuration_file(self) -> Path:
        """The path of the configuration file."""
        return self.folder / "redis.conf"

    @property
    def url(self) -> str:
        """The URL of the unix socket, as redis-py reads it."""
        return f"unix://{self.socket_path}"

    @property
    def port(self) -> int:
        """The loopback port from the configuration file, the same after a restart; 0 for none."""
        if not self.configuration_file.exists():
            return 0
        lines = (line.partition(" ") for line in self.configuration_file.read_text().splitlines())
        return next(int(value) for name, _, value in lines if name == "port")

    def render_configuration(self) -> str:
        """Return the text of the configuration file."""
        port = self.port or (free_ports(1)[0] if self.tcp else 0)
        directives = {**SETTINGS, **self.settings, "port": str(port)}
        return "".join(f"{name} {value}\n" for name, value in directives.items())

    def is_ready(self) -> bool:
        """Return whether the server executes commands; it does not while it loads its data."""
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
    """Return the path of the server program, or None and a message with the remedy."""
    return find_on_path(PROGRAMS)
