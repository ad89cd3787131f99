"""A reader that stands where it is told to stand, for tests of the consumer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.worker.batch_handler import Batch


@dataclass
class Reader:
    """Stands at *at*; keeps what it is given."""

    at: dict[int, int] = field(default_factory=lambda: {0: 10, 1: 20})
    epoch: int = 1
    doubts: list[Exception] = field(default_factory=list[Exception])
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    landed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.landed.set()

    async def assign(self, partitions: set[int]) -> None: ...

    async def rest(self) -> None: ...

    async def ready(self, patience: float) -> None:
        await self.landed.wait()

    async def fold(self, batch: Batch) -> None: ...

    def offered(self, batch: Batch) -> None: ...

    async def places(self) -> Mapping[int, int]:
        return self.at

    async def over(self, epoch: int) -> None:
        while self.epoch == epoch:
            await self.ended.wait()

    def doubt(self, error: Exception) -> None:
        self.doubts.append(error)
        self.end()

    def end(self) -> None:
        self.epoch += 1
        ended, self.ended = self.ended, asyncio.Event()
        ended.set()

    def committable(self) -> Mapping[int, int]:
        return {}
