"""Reads what the store has of a study: its plan, and version and content of single entities."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from streams.intake.fold_view import StoreFoldView
from streams.log import Log
from streams.store.client import run_command

CATCH_UP_SECONDS = 10
POLL_SECONDS = 0.1


class FoldBehind(Exception):
    """The fold has not reached the end of the log in time.  Nothing was produced; try again."""


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """The latest version of an entity, and the digest of its content."""

    version: int
    digest: int


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """Reads the row of *study* by single fields, and the end of *log*, its partition."""

    view: StoreFoldView
    log: Log
    study: str

    async def wait_until_folded(self) -> None:
        """Wait until all records that are in the log now are folded.

        Raises FoldBehind, LogUnreachable or StoreUnreachable.
        """
        end = (await self.log.offset_range()).next
        for _ in range(round(CATCH_UP_SECONDS / POLL_SECONDS)):
            folded = await self.view.folded_until(self.study, self.log.partition)
            if folded >= end or await self._only_markers(folded, end):
                return
            await asyncio.sleep(POLL_SECONDS)
        raise FoldBehind

    async def plan(self) -> str | None:
        """Return the plan in force; None where the study has none."""
        stored = await self._fields(["plan"])
        return orjson.loads(stored[0])[-1][0] if stored[0] else None

    async def versions(self, names: Sequence[str]) -> Mapping[str, StoredVersion]:
        """Return what is stored of the entities with these field names of the row."""
        values = await self._fields(names) if names else []
        found = {
            name: orjson.loads(value) for name, value in zip(names, values, strict=True) if value
        }
        return {name: StoredVersion(each[1], each[3]) for name, each in found.items()}

    async def _fields(self, names: Sequence[str]) -> list[bytes | None]:
        key = self.view.keys_of(self.log.partition).row(self.study)
        return await run_command(self.view.client.hmget(key, list(names)))

    async def _only_markers(self, start: int, end: int) -> bool:
        """Return whether no record is left from *start* to *end*: markers are never folded."""
        if start == 0:
            return end == 0
        records = await self.log.read(start, 1)
        return not records or records[0].offset >= end
