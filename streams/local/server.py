"""Base class of the private servers: starts, stops and kills one process in its folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Self

from streams.local.process import Process


class LocalServer(ABC):
    """A server that is one process; a ``with`` block starts it and stops it."""

    __slots__ = ()
    ready_timeout_seconds: ClassVar[float] = 30
    """How long `start` waits until the server is ready."""

    process: Process

    def start(self, *, ends_with_parent: bool = True) -> None:
        """Start the server on the data in its folder, and wait until it is ready.

        With *ends_with_parent* the server ends when the thread that starts it ends.  Raises
        `ServiceFailed` where the server cannot run here, already runs, ends during its start, or
        is not ready after *ready_timeout_seconds*.
        """
        command = self.prepare()
        self.process.start(command, ends_with_parent=ends_with_parent)
        self.process.wait_until_ready(self.is_ready, timeout=self.ready_timeout_seconds)

    @abstractmethod
    def prepare(self) -> list[str]:
        """Prepare the folder for a start, and return the command line of the server.

        Raises `ServiceFailed` where the server cannot run here.
        """

    @abstractmethod
    def is_ready(self) -> bool:
        """Return whether the server answers its clients."""

    def stop(self) -> None:
        """Stop the server with SIGTERM."""
        self.process.stop()

    def kill(self) -> None:
        """Kill the server with SIGKILL, as a power cut would."""
        self.process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
