"""Finds ports for private servers."""

from __future__ import annotations

import random
import socket

from streams.local.process import ServiceFailed

PORTS = range(20_000, 32_000)
"""Below the ports that Linux hands out by itself, so no passing connection can take one."""


def free_ports(count: int) -> list[int]:
    """Different ports of the loopback interface that nobody listens on."""
    free = [port for port in random.sample(PORTS, 50 * count) if is_free(port)]
    if len(free) < count:
        raise ServiceFailed("no free port on the loopback interface")
    return free[:count]


def is_free(port: int) -> bool:
    """Whether a server could listen on *port* of the loopback interface."""
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
