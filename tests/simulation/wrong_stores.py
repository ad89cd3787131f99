"""Stores with one rule of the apply taken otherwise: what the compare and the order are for."""

from __future__ import annotations

from dataclasses import replace

from streams.store import Applied, Fields, Write
from streams.store.hashes import CURSOR
from tests.simulation.storage import Storage


class ComparesNothing(Storage):
    """Applies whatever comes."""

    async def apply(self, write: Write) -> Applied:
        first = int(self.get(CURSOR).get("next") or b"0")
        positions = await self.positions(write.positions)
        return await super().apply(replace(write, first=first, positions=positions))


class ComparesRowsOnly(Storage):
    """Applies what fits the studies' own positions, wherever the cursor is."""

    async def apply(self, write: Write) -> Applied:
        first = int(self.get(CURSOR).get("next") or b"0")
        return await super().apply(replace(write, first=first))


class CursorFirst(Storage):
    """Writes the cursor before everything else."""

    async def apply(self, write: Write) -> Applied:
        applied = await super().apply(replace(write, outbox={}, rows={}, swapped={}))
        if applied is Applied.DONE:
            applied = await super().apply(replace(write, first=write.next, cursor={}))
        return applied


class RowInTwo(Storage):
    """Writes each row by two commands."""

    async def apply(self, write: Write) -> Applied:
        halves = {study: half(fields) for study, fields in write.rows.items()}
        applied = await super().apply(replace(write, rows=halves, cursor={}))
        if applied is Applied.DONE:
            applied = await super().apply(replace(write, outbox={}, swapped={}))
        return applied


def half(fields: Fields) -> Fields:
    """Every other field, and not the position."""
    return {name: fields[name] for name in sorted(fields)[::2] if name != "pos"}
