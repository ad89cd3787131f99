"""Epochs: stretches in which all that a consumer hands over hangs together."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from streams.worker.batch_handler import Batch


@dataclass(slots=True)
class Epochs:
    """The present *epoch*, and how many of its batches are *flying*: handed over, not yet folded.

    Whatever breaks it (a rebalance, another writer, an error, a lost fetch) begins a new one:
    batches of the old one are void, and the consumer seeks to where the partitions stand.
    """

    epoch: int = field(init=False, default=0)
    flying: int = field(init=False, default=0)
    turned: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    landed: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def begin_anew(self) -> None:
        """Begin an epoch."""
        self.epoch += 1
        self.flying = 0
        self.landed.set()
        ended, self.turned = self.turned, asyncio.Event()
        ended.set()

    async def over(self, epoch: int) -> None:
        """Come back when *epoch* is over."""
        while self.epoch == epoch:
            await self.turned.wait()

    def offered(self, batch: Batch) -> None:
        """A batch is on its way."""
        if batch.epoch == self.epoch:
            self.flying += 1
            self.landed.clear()

    def arrived(self, batch: Batch) -> bool:
        """Note that *batch* is folded; whether its epoch is still the present one."""
        if batch.epoch != self.epoch:
            return False
        self.flying -= 1
        if not self.flying:
            self.landed.set()
        return True

    async def ready(self, patience: float) -> None:
        """Come back when nothing is on its way any more, or after *patience* seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self.landed.wait()
