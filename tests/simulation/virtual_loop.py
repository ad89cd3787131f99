"""An event loop whose hours pass in no time: it never waits, and never asks the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class NothingScheduled(Exception):
    """Nothing is left to do and nothing is due: whoever is awaited will never come."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs what is ready in the order in which it became so, then leaps to what is due next."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self._selector = self

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self.now

    def select(self, timeout: float | None) -> list[Any]:
        """What the loop calls in order to wait."""
        if timeout is None:
            raise NothingScheduled
        self.now += timeout
        return []

    def _process_events(self, event_list: list[Any]) -> None:
        """There are none: no file and no socket takes part."""

    def _write_to_self(self) -> None:
        """There is no thread to be woken from."""


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """What *main* returns; whatever else still runs then is cancelled."""
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
