"""A store that writes down what was asked of it, for whoever reads how a storm went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from streams.store import ApplyRequest, ApplyResult, Fields
from tests.simulation.rollback_store import RollbackStore


class PrintingStore(RollbackStore):
    """Prints every command, in order, with the hour."""

    def roll_back(self, writes: int) -> bool:
        print_line(f"falls back to {writes} of {len(self.states) - 1} writes")
        return super().roll_back(writes)

    def corrupt(self, study: str, name: str, value: bytes) -> None:
        print_line(f"spoilt: {study} {name} = {value}")
        super().corrupt(study, name, value)

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        applied = await super().apply(request)
        rows = {study: fields.get("pos") for study, fields in request.rows.items()}
        swapped = {study: each.position for study, each in request.staged.items()}
        seen, outbox_names = dict(request.positions), list(request.outbox)
        text = f"apply [{request.first}, {request.next}) at {seen} rows {rows} swapped {swapped}"
        print_line(f"{text} outbox {outbox_names}: {applied}")
        return applied

    async def stage_row(
        self, study: str, position: bytes, fields: Fields, *, begin: bool
    ) -> ApplyResult:
        applied = await super().stage_row(study, position, fields, begin=begin)
        print_line(f"prepare {study} at {position}, {len(fields)} fields, begin {begin}: {applied}")
        return applied

    async def remove_published(self, names: Iterable[str]) -> None:
        names = list(names)
        print_line(f"told {names}")
        await super().remove_published(names)

    async def release(self, through: int) -> None:
        print_line(f"release through {through}")
        await super().release(through)

    async def rewind(self, study: str | None) -> None:
        print_line(f"rewind {study or 'everything'}")
        await super().rewind(study)


def print_line(text: str) -> None:
    """One line, with the storm's own time."""
    print(f"{asyncio.get_running_loop().time():9.3f} {text}")
