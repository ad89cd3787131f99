"""The store over a simulated network that loses requests and responses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from streams.store import (
    ApplyRequest,
    ApplyResult,
    Fields,
    RowHead,
    Store,
    StoreUnreachable,
)
from tests.simulation.chaos import Machine

T = TypeVar("T")


@dataclass(slots=True)
class RemoteStore:
    """The store as one machine calls it."""

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

    async def find_fields(self, study: str, prefix: str) -> Fields:
        return await self.machine.call(
            "find", lambda: self.store.find_fields(study, prefix), StoreUnreachable
        )

    async def studies(self) -> list[str]:
        return await self.machine.call("studies", self.store.studies, StoreUnreachable)

    async def heads(self, studies: Iterable[str]) -> dict[str, RowHead]:
        names = list(studies)
        return await self.machine.call("heads", lambda: self.store.heads(names), StoreUnreachable)

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        result = await self._change("apply", lambda: self.store.apply(request))
        self.machine.chaos.counts[f"applied: {result}"] += 1
        return result

    async def stage_row(
        self, study: str, position: bytes, fields: Fields, *, begin: bool
    ) -> ApplyResult:
        return await self._change(
            "prepare", lambda: self.store.stage_row(study, position, fields, begin=begin)
        )

    async def outbox(self) -> Fields:
        return await self.machine.call("outbox", self.store.outbox, StoreUnreachable)

    async def remove_published(self, names: Iterable[str]) -> None:
        published = list(names)
        await self._change("told", lambda: self.store.remove_published(published))

    async def release(self, through: int, *, batch_from: int | None = None) -> None:
        await self._change("release", lambda: self.store.release(through, batch_from=batch_from))

    async def rewind(self, study: str | None) -> None:
        await self._change("rewind", lambda: self.store.rewind(study))

    async def close(self) -> None:
        """Do nothing: the simulated store has no connection."""

    async def _change(self, name: str, request: Callable[[], Awaitable[T]]) -> T:
        return await self.machine.call(name, request, StoreUnreachable, writes=True)
