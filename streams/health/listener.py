"""A socket that others come to, and the pages that answer them there."""

from __future__ import annotations

import socket
from typing import Protocol

from aiohttp import web

from streams.kafka.admin import host_and_port


class CannotListen(Exception):
    """The address is taken, or not one of this machine.  Exit code 2."""


class Pages(Protocol):
    """Something that answers."""

    def app(self) -> web.Application:
        """Its pages."""
        ...


def listen(address: str) -> socket.socket:
    """A socket that takes connections at *address*.  Raises CannotListen."""
    host, port = host_and_port(address)
    try:
        family, *_, socket_address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(socket_address[:2], family=family)
    except OSError as error:
        reason, *_ = f"{error.strerror or error}".split(" (while ")  # The address, once more.
        raise CannotListen(f"{address}: {reason}") from error


async def serve(pages: Pages, listener: socket.socket) -> web.AppRunner:
    """Have *pages* answer who comes to *listener*; the runner's ``cleanup`` ends it."""
    runner = web.AppRunner(pages.app(), access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner
