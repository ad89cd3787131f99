"""A batch handler with given fetch positions, for tests of the consumer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from streams.worker.batch_handler import FetchedBatch


@dataclass
class FakeBatchHandler:
    """Has fixed *positions*, and records the *errors* and *unreadable* partitions of fetches."""

    positions: dict[int, int] = field(default_factory=lambda: {0: 10, 1: 20})
    epoch: int = 1
    errors: list[Exception] = field(default_factory=list[Exception])
    unreadable: list[int] = field(default_factory=list[int])
    ended_event: asyncio.Event = field(default_factory=asyncio.Event)
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.idle.set()

    async def assign(self, partitions: set[int]) -> None: ...

    async def drain(self) -> None: ...

    async def wait_idle(self, timeout_seconds: float) -> None:
        await self.idle.wait()

    async def dispatch(self, batch: FetchedBatch) -> None: ...

    def sent(self, batch: FetchedBatch) -> None: ...

    async def resolve_fetch(self, partition: int) -> None:
        self.unreadable.append(partition)
        self.end_epoch()

    async def fetch_positions(self) -> Mapping[int, int]:
        return self.positions

    async def wait_ended(self, epoch: int) -> None:
        while self.epoch == epoch:
            await self.ended_event.wait()

    def invalidate(self, error: Exception) -> None:
        self.errors.append(error)
        self.end_epoch()

    def end_epoch(self) -> None:
        self.epoch += 1
        previous_event, self.ended_event = self.ended_event, asyncio.Event()
        previous_event.set()

    def commit_positions(self) -> Mapping[int, int]:
        return {}
