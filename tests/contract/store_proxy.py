"""A store behind a gate: something happens before its first answer, whatever one asks it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

CHUNK_BYTES = 1 << 16


@contextmanager
def store_proxy(store: Path, before_first: Callable[[], None]) -> Generator[str]:
    """The address of the *store* at a unix socket; *first* is called before it hears anybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(
            target=accept_all, args=(listener, store, before_first), daemon=True
        ).start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def accept_all(listener: socket.socket, store: Path, before_first: Callable[[], None]) -> None:
    """Let everybody through, after *first*, until the listener is closed."""
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            before_first()
            threading.Thread(target=forward, args=(client, store), daemon=True).start()


def forward(client: socket.socket, store: Path) -> None:
    """Carry what *guest* and the store say to each other, until both are done."""
    with client, socket.socket(socket.AF_UNIX) as upstream, suppress(OSError):
        upstream.connect(str(store))
        back = threading.Thread(target=copy_bytes, args=(upstream, client), daemon=True)
        back.start()
        copy_bytes(client, upstream)
        back.join()


def copy_bytes(source: socket.socket, target: socket.socket) -> None:
    """What comes from *source* goes to *target*, to its end."""
    with suppress(OSError):
        while part := source.recv(CHUNK_BYTES):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
