"""Stores with one rule of the apply taken otherwise: what the compare and the order are for."""

from __future__ import annotations

from dataclasses import replace

from streams.store import ApplyRequest, ApplyResult, Fields
from streams.store.hashes import CURSOR
from tests.simulation.rollback_store import RollbackStore


class ComparesNothing(RollbackStore):
    """Applies whatever comes."""

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        first = int(self.get(CURSOR).get("next") or b"0")
        positions = await self.positions(request.positions)
        return await super().apply(replace(request, first=first, positions=positions))


class ComparesRowsOnly(RollbackStore):
    """Applies what fits the studies' own positions, wherever the cursor is."""

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        first = int(self.get(CURSOR).get("next") or b"0")
        return await super().apply(replace(request, first=first))


class CursorFirst(RollbackStore):
    """Writes the cursor before everything else."""

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        applied = await super().apply(replace(request, outbox={}, rows={}, staged={}))
        if applied is ApplyResult.DONE:
            applied = await super().apply(replace(request, first=request.next, cursor={}))
        return applied


class RowInTwoWrites(RollbackStore):
    """Writes each row by two commands."""

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        halves = {study: half_of_fields(fields) for study, fields in request.rows.items()}
        applied = await super().apply(replace(request, rows=halves, cursor={}))
        if applied is ApplyResult.DONE:
            applied = await super().apply(replace(request, outbox={}, staged={}))
        return applied


def half_of_fields(fields: Fields) -> Fields:
    """Every other field, and not the position."""
    return {name: fields[name] for name in sorted(fields)[::2] if name != "pos"}
