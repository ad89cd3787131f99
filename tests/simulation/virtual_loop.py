"""An event loop with simulated time: it never waits, and never reads the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class NothingScheduled(Exception):
    """No callback is ready or scheduled: the awaited result can never arrive."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs ready callbacks in order, then advances the time to the next scheduled one."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._selector = self

    def time(self) -> float:
        """Return the simulated seconds since the loop was created."""
        return self.now

    def select(self, timeout: float | None) -> list[Any]:
        """Advance the time by *timeout*, where a selector would wait; return no events."""
        if timeout is None:
            raise NothingScheduled
        self.now += timeout
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        """Do nothing: there are no files and no sockets."""

    def _write_to_self(self) -> None:
        """Do nothing: no other thread wakes the loop."""


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run *main* in simulated time and return its result; cancel the remaining tasks."""
    loop = VirtualLoop()
    try:
        result = loop.run_until_complete(main)
        loop.run_until_complete(_cancel_all(asyncio.all_tasks(loop)))
        return result
    finally:
        loop.close()


async def _cancel_all(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
