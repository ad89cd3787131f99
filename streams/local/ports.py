"""Finds free ports for private servers."""

from __future__ import annotations

import random
import socket

from streams.local.process import ServiceFailed

PORTS = range(20_000, 32_000)
"""Below Linux's range of ephemeral ports, so that no outgoing connection takes one."""


def free_ports(count: int) -> list[int]:
    """Return *count* different loopback ports on which no server listens.

    Raises `ServiceFailed` where fewer are found.
    """
    free = [port for port in random.sample(PORTS, 50 * count) if is_free(port)]
    if len(free) < count:
        raise ServiceFailed("no free port on the loopback interface")
    return free[:count]


def is_free(port: int) -> bool:
    """Return whether a server can listen on *port* of the loopback interface."""
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
