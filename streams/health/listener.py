"""Opens listening sockets, and serves web applications on them."""

from __future__ import annotations

import socket
import ssl
from typing import Protocol

from aiohttp import web

from streams.kafka.admin import host_and_port


class CannotListen(Exception):
    """The address is in use, or does not belong to this machine.  Exit code 2."""


class Pages(Protocol):
    """An object that provides a web application."""

    def app(self) -> web.Application:
        """Build the web application with its pages."""
        ...


def listen(address: str) -> socket.socket:
    """Open a listening socket at *address* (``host:port``).  Raises CannotListen."""
    host, port = host_and_port(address)
    try:
        family, *_, socket_address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(socket_address[:2], family=family)
    except OSError as error:
        # ``create_server`` appends "(while attempting to bind on address ...)".
        reason, *_ = f"{error.strerror or error}".split(" (while ")
        raise CannotListen(f"{address}: {reason}") from error


async def serve(
    pages: Pages, listener: socket.socket, tls: ssl.SSLContext | None = None
) -> web.AppRunner:
    """Serve *pages* on *listener*; the ``cleanup`` of the returned runner stops it."""
    runner = web.AppRunner(pages.app(), access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener, ssl_context=tls).start()
    return runner
