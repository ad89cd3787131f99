"""Starts private servers that outlive a shell: ``make kafka``, ``make redis``."""

from __future__ import annotations

import sys
from pathlib import Path

from streams.local.kafka_server import KafkaServer
from streams.local.process import ServiceFailed
from streams.local.redis_server import RedisServer

FOLDER = Path(".services")
USAGE = "usage: python -m streams.local start kafka|redis ... | stop"


def start(name: str) -> None:
    """Start the server called *name* unless it runs, and print the setting by which it is found."""
    server = servers()[name]
    if not server.process.running:
        server.start(ends_with_parent=False)
    print(setting_for(server))


def stop() -> None:
    """Stop all servers that run in this folder."""
    for name, server in servers().items():
        if server.process.running:
            server.stop()
            print(f"{name} stopped", file=sys.stderr)


def servers() -> dict[str, KafkaServer | RedisServer]:
    """Return the servers that can be started in this folder, by name."""
    kafka = FOLDER / "kafka"
    return {
        "kafka": KafkaServer(kafka, kafka / "libs"),
        "redis": RedisServer(FOLDER / "redis", tcp=True),
    }


def setting_for(server: KafkaServer | RedisServer) -> str:
    """Return the setting with which the commands of Tocsin find *server*."""
    if isinstance(server, KafkaServer):
        return f"TOCSIN_BROKER={server.bootstrap}"
    return f"TOCSIN_STORE={server.url}"


def main(arguments: list[str]) -> None:
    """Run the command in *arguments*; a server that fails ends it with its message."""
    match arguments:
        case ["start", *names] if names and set(names) <= set(servers()):
            actions = [lambda name=name: start(name) for name in names]
        case ["stop"]:
            actions = [stop]
        case _:
            sys.exit(USAGE)
    try:
        for action in actions:
            action()
    except ServiceFailed as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main(sys.argv[1:])
