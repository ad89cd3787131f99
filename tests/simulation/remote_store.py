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
        await self.machine.call("check", self.store.check, StoreUnreachable)

    async def cursor(self) -> Fields:
        return await self.machine.call("cursor", self.store.cursor, StoreUnreachable)

    async def row(self, study: str) -> Fields:
        return await self.machine.call("row", lambda: self.store.row(study), StoreUnreachable)

    async def field(self, study: str, name: str) -> bytes:
        return await self.machine.call(
            "field", lambda: self.store.field(study, name), StoreUnreachable
        )

    async def find(self, study: str, beginning: str) -> Fields:
        return await self.machine.call(
            "find", lambda: self.store.find(study, beginning), StoreUnreachable
        )

    async def studies(self) -> list[str]:
        return await self.machine.call("studies", self.store.studies, StoreUnreachable)

    async def positions(self, studies: Iterable[str]) -> dict[str, bytes]:
        names = list(studies)
        return await self.machine.call(
            "positions", lambda: self.store.positions(names), StoreUnreachable
        )

    async def apply(self, write: Write) -> Applied:
        applied = await self._change("apply", lambda: self.store.apply(write))
        self.machine.chaos.counts[f"applied: {applied}"] += 1
        return applied

    async def prepare(self, study: str, pos: bytes, fields: Fields, *, begin: bool) -> Applied:
        return await self._change(
            "prepare", lambda: self.store.prepare(study, pos, fields, begin=begin)
        )

    async def outbox(self) -> Fields:
        return await self.machine.call("outbox", self.store.outbox, StoreUnreachable)

    async def told(self, names: Iterable[str]) -> None:
        gone = list(names)
        await self._change("told", lambda: self.store.told(gone))

    async def release(self, through: int) -> None:
        await self._change("release", lambda: self.store.release(through))

    async def rewind(self, study: str | None) -> None:
        await self._change("rewind", lambda: self.store.rewind(study))

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def _change(self, name: str, act: Callable[[], Awaitable[T]]) -> T:
        return await self.machine.call(name, act, StoreUnreachable, writes=True)
