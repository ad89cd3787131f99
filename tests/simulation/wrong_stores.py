"""Stores that violate one rule of the apply, to show that the rule is necessary."""

from __future__ import annotations

from dataclasses import replace

from streams.store import ApplyRequest, ApplyResult, Fields
from streams.store.hashes import CURSOR
from tests.simulation.rollback_store import RollbackStore


class ComparesNothing(RollbackStore):
    """Applies every request."""

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        first = int(self.get(CURSOR).get("next") or b"0")
        heads = await self.heads(request.positions)
        positions = {study: head.position for study, head in heads.items()}
        return await super().apply(replace(request, first=first, positions=positions))


class ComparesRowsOnly(RollbackStore):
    """Compares the positions of the rows, but not the cursor."""

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        first = int(self.get(CURSOR).get("next") or b"0")
        return await super().apply(replace(request, first=first))


class CursorFirst(RollbackStore):
    """Writes the cursor before the outbox and the rows."""

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        result = await super().apply(replace(request, outbox={}, rows={}, staged={}))
        if result is ApplyResult.DONE:
            result = await super().apply(replace(request, first=request.next, cursor={}))
        return result


class RowInTwoWrites(RollbackStore):
    """Writes each row with two commands."""

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        halves = {study: half_of_fields(fields) for study, fields in request.rows.items()}
        result = await super().apply(replace(request, rows=halves, cursor={}))
        if result is ApplyResult.DONE:
            result = await super().apply(replace(request, outbox={}, staged={}))
        return result


def half_of_fields(fields: Fields) -> Fields:
    """Return every second field, without the position."""
    return {name: fields[name] for name in sorted(fields)[::2] if name != "pos"}
