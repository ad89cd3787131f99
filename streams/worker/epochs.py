"""Epochs: stretches in which all that a consumer hands over hangs together."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from streams.worker.batch_handler import FetchedBatch


@dataclass(slots=True)
class Epochs:
    """The present *epoch*, and how many of its batches are *flying*: handed over, not yet folded.

    Whatever breaks it (a rebalance, another writer, an error, a lost fetch) begins a new one:
    batches of the old one are void, and the consumer seeks to where the partitions stand.
    """

    epoch: int = field(init=False, default=0)
    in_flight: int = field(init=False, default=0)
    epoch_ended: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    idle: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def start_epoch(self) -> None:
        """Begin an epoch."""
        self.epoch += 1
        self.in_flight = 0
        self.idle.set()
        ended, self.epoch_ended = self.epoch_ended, asyncio.Event()
        ended.set()

    async def wait_ended(self, epoch: int) -> None:
        """Come back when *epoch* is over."""
        while self.epoch == epoch:
            await self.epoch_ended.wait()

    def sent(self, batch: FetchedBatch) -> None:
        """A batch is on its way."""
        if batch.epoch == self.epoch:
            self.in_flight += 1
            self.idle.clear()

    def done(self, batch: FetchedBatch) -> bool:
        """Note that *batch* is folded; whether its epoch is still the present one."""
        if batch.epoch != self.epoch:
            return False
        self.in_flight -= 1
        if not self.in_flight:
            self.idle.set()
        return True

    async def wait_idle(self, timeout_seconds: float) -> None:
        """Come back when nothing is on its way any more, or after *patience* seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self.idle.wait()
