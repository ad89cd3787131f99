"""A store that prints its commands, to investigate the storm of one seed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from streams.store import ApplyRequest, ApplyResult, Fields
from tests.simulation.rollback_store import RollbackStore


class PrintingStore(RollbackStore):
    """Prints every command that changes it, in order and with the simulated time."""

    def roll_back(self, writes: int) -> bool:
        print_line(f"rolls back to {writes} of {len(self.states) - 1} writes")
        return super().roll_back(writes)

    def corrupt(self, study: str, name: str, value: bytes) -> None:
        print_line(f"corrupts {study} {name} = {value}")
        super().corrupt(study, name, value)

    async def apply(self, request: ApplyRequest) -> ApplyResult:
        result = await super().apply(request)
        rows = {study: fields.get("pos") for study, fields in request.rows.items()}
        staged = {study: each.position for study, each in request.staged.items()}
        expected, outbox_names = dict(request.positions), list(request.outbox)
        text = f"apply [{request.first}, {request.next}) at {expected} rows {rows} staged {staged}"
        print_line(f"{text} outbox {outbox_names}: {result}")
        return result

    async def stage_row(
        self, study: str, position: bytes, fields: Fields, *, begin: bool
    ) -> ApplyResult:
        result = await super().stage_row(study, position, fields, begin=begin)
        print_line(f"stage {study} at {position}, {len(fields)} fields, begin {begin}: {result}")
        return result

    async def remove_published(self, names: Iterable[str]) -> None:
        names = list(names)
        print_line(f"remove published {names}")
        await super().remove_published(names)

    async def release(self, through: int, *, batch_from: int | None = None) -> None:
        print_line(f"release through {through}")
        await super().release(through, batch_from=batch_from)

    async def rewind(self, study: str | None) -> None:
        print_line(f"rewind {study or 'everything'}")
        await super().rewind(study)


def print_line(text: str) -> None:
    """Print *text* after the simulated time in seconds."""
    print(f"{asyncio.get_running_loop().time():9.3f} {text}")
