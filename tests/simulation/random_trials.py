"""A store that writes down what was asked of it, for whoever reads how a storm went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from streams.store import Applied, Fields, Write
from tests.simulation.storage import Storage


class Chronicle(Storage):
    """Prints every command, in order, with the hour."""

    def fall(self, writes: int) -> bool:
        say(f"falls back to {writes} of {len(self.past) - 1} writes")
        return super().fall(writes)

    def spoil(self, study: str, name: str, value: bytes) -> None:
        say(f"spoilt: {study} {name} = {value}")
        super().spoil(study, name, value)

    async def apply(self, write: Write) -> Applied:
        applied = await super().apply(write)
        rows = {study: fields.get("pos") for study, fields in write.rows.items()}
        swapped = {study: each.pos for study, each in write.swapped.items()}
        seen, told = dict(write.positions), list(write.outbox)
        says = f"apply [{write.first}, {write.next}) at {seen} rows {rows} swapped {swapped}"
        say(f"{says} outbox {told}: {applied}")
        return applied

    async def prepare(self, study: str, pos: bytes, fields: Fields, *, begin: bool) -> Applied:
        applied = await super().prepare(study, pos, fields, begin=begin)
        say(f"prepare {study} at {pos}, {len(fields)} fields, begin {begin}: {applied}")
        return applied

    async def told(self, names: Iterable[str]) -> None:
        names = list(names)
        say(f"told {names}")
        await super().told(names)

    async def release(self, through: int) -> None:
        say(f"release through {through}")
        await super().release(through)

    async def rewind(self, study: str | None) -> None:
        say(f"rewind {study or 'everything'}")
        await super().rewind(study)


def say(what: str) -> None:
    """One line, with the storm's own time."""
    print(f"{asyncio.get_running_loop().time():9.3f} {what}")
