"""The life of a private server: started, ended in good order, or ended as by a power cut."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from streams.local.process import Process


class LocalServer(ABC):
    """A server that is one process; used in a ``with``, it ends with it."""

    __slots__ = ()
    process: Process

    @abstractmethod
    def start(self, *, ends_with_parent: bool = True) -> None:
        """Start it on what its folder holds, and come back when it answers."""

    def stop(self) -> None:
        """End it in good order, on SIGTERM."""
        self.process.stop()

    def kill(self) -> None:
        """End it as a power cut would, on SIGKILL."""
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
