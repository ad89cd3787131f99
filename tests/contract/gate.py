"""A store behind a gate: something happens before its first answer, whatever one asks it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

BYTES = 1 << 16


@contextmanager
def gate(store: Path, first: Callable[[], None]) -> Generator[str]:
    """The address of the *store* at a unix socket; *first* is called before it hears anybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=admit, args=(listener, store, first), daemon=True).start()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def admit(listener: socket.socket, store: Path, first: Callable[[], None]) -> None:
    """Let everybody through, after *first*, until the listener is closed."""
    with suppress(OSError):
        while True:
            guest, _ = listener.accept()
            first()
            threading.Thread(target=serve, args=(guest, store), daemon=True).start()


def serve(guest: socket.socket, store: Path) -> None:
    """Carry what *guest* and the store say to each other, until both are done."""
    with guest, socket.socket(socket.AF_UNIX) as host, suppress(OSError):
        host.connect(str(store))
        back = threading.Thread(target=carry, args=(host, guest), daemon=True)
        back.start()
        carry(guest, host)
        back.join()


def carry(source: socket.socket, target: socket.socket) -> None:
    """What comes from *source* goes to *target*, to its end."""
    with suppress(OSError):
        while part := source.recv(BYTES):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
