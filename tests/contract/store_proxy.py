"""A TCP proxy of a store that calls a function before it forwards a connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

CHUNK_BYTES = 1 << 16


@contextmanager
def store_proxy(store: Path, before_first: Callable[[], None]) -> Generator[str]:
    """The TCP address of a proxy to the Unix socket *store*, with *before_first* per connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(
            target=accept_all, args=(listener, store, before_first), daemon=True
        ).start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def accept_all(listener: socket.socket, store: Path, before_first: Callable[[], None]) -> None:
    """Forward each connection after a call of *before_first*, until the listener is closed."""
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            before_first()
            threading.Thread(target=forward, args=(client, store), daemon=True).start()


def forward(client: socket.socket, store: Path) -> None:
    """Copy bytes between *client* and the store in both directions until both have ended."""
    with client, socket.socket(socket.AF_UNIX) as upstream, suppress(OSError):
        upstream.connect(str(store))
        responses = threading.Thread(target=copy_bytes, args=(upstream, client), daemon=True)
        responses.start()
        copy_bytes(client, upstream)
        responses.join()


def copy_bytes(source: socket.socket, target: socket.socket) -> None:
    """Copy all bytes of *source* to *target*, and then shut down its write side."""
    with suppress(OSError):
        while part := source.recv(CHUNK_BYTES):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
