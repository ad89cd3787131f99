"""Numbers the epochs: periods in which fetched batches follow each other without a gap."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from streams.worker.batch_handler import FetchedBatch


@dataclass(slots=True)
class Epochs:
    """The number of the current *epoch*, and of its batches *in_flight*: sent, not folded yet.

    A rebalance, another writer, an error or a lost fetch starts an epoch.  Batches of an earlier
    epoch are dropped, and the consumer seeks to the positions of the partitions.
    """

    epoch: int = field(init=False, default=0)
    in_flight: int = field(init=False, default=0)
    epoch_ended: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    idle: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def start_epoch(self) -> None:
        """Start an epoch: nothing is in flight, and waiters for the end of the last one wake."""
        self.epoch += 1
        self.in_flight = 0
        self.idle.set()
        ended, self.epoch_ended = self.epoch_ended, asyncio.Event()
        ended.set()

    async def wait_ended(self, epoch: int) -> None:
        """Wait until *epoch* has ended."""
        while self.epoch == epoch:
            await self.epoch_ended.wait()

    def sent(self, batch: FetchedBatch) -> None:
        """Count a batch that is being sent; one of an earlier epoch does not count."""
        if batch.epoch == self.epoch:
            self.in_flight += 1
            self.idle.clear()

    def done(self, batch: FetchedBatch) -> bool:
        """Count *batch* as folded, and return whether its epoch is still the current one."""
        if batch.epoch != self.epoch:
            return False
        self.in_flight -= 1
        if not self.in_flight:
            self.idle.set()
        return True

    async def wait_idle(self, timeout_seconds: float) -> None:
        """Wait until no batch is in flight, for at most *timeout_seconds*."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self.idle.wait()
