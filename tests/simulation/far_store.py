"""The store as one machine reaches it: over a network on which requests and answers get lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from streams.store import Applied, Fields, Store, StoreUnreachable, Write
from tests.simulation.chaos import Machine

T = TypeVar("T")


@dataclass(slots=True)
class FarStore:
    """A store over the network."""

    machine: Machine
    store: Store

    async def check(self) -> None:
        await self.machine.call(self.store.check, StoreUnreachable)

    async def cursor(self) -> Fields:
        return await self.machine.call(self.store.cursor, StoreUnreachable)

    async def row(self, study: str) -> Fields:
        return await self.machine.call(lambda: self.store.row(study), StoreUnreachable)

    async def studies(self) -> list[str]:
        return await self.machine.call(self.store.studies, StoreUnreachable)

    async def positions(self, studies: Iterable[str]) -> dict[str, bytes]:
        names = list(studies)
        return await self.machine.call(lambda: self.store.positions(names), StoreUnreachable)

    async def apply(self, write: Write) -> Applied:
        return await self._change(lambda: self.store.apply(write))

    async def prepare(self, study: str, pos: bytes, fields: Fields, *, begin: bool) -> Applied:
        return await self._change(lambda: self.store.prepare(study, pos, fields, begin=begin))

    async def outbox(self) -> Fields:
        return await self.machine.call(self.store.outbox, StoreUnreachable)

    async def told(self, names: Iterable[str]) -> None:
        gone = list(names)
        await self._change(lambda: self.store.told(gone))

    async def release(self, through: int) -> None:
        await self._change(lambda: self.store.release(through))

    async def rewind(self, study: str | None) -> None:
        await self._change(lambda: self.store.rewind(study))

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def _change(self, act: Callable[[], Awaitable[T]]) -> T:
        return await self.machine.call(act, StoreUnreachable, writes=True)
