"""A store into which a log was folded, spoilt a little, and what the comparison then names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from streams.log.file import FileLog
from streams.processor import Lane
from streams.processor.refold import refold
from streams.replay.verify import Verified, verify
from streams.store import Fields
from streams.store.memory import MemoryStore


async def folded(path: Path, until: int = 1 << 40, store: MemoryStore | None = None) -> MemoryStore:
    """A store into which the log at *path* was folded."""
    store, log = store or MemoryStore(), FileLog(path)
    lane = Lane(log, store, partition=0)
    await lane.claim()
    await refold(lane, log, until=until)
    await log.close()
    return store


async def compared(path: Path, store: MemoryStore) -> Verified:
    log = FileLog(path)
    found = await verify(log, store, 0)
    await log.close()
    return found


def named(found: Verified) -> list[tuple[str, str]]:
    return [(each.study, each.field) for each in found.differences]


def spoilt(fields: Fields, field: str) -> None:
    """Change one value a little."""
    value = fields[field]
    fields[field] = value[:-1] + (b"]" if value.endswith(b"}") else b"7" if value != b"7" else b"8")


def evidence(store: MemoryStore) -> tuple[str, list[Any]]:
    """A watch with evidence, and what its field says."""
    fields = store.held["s:S"]
    for name, value in fields.items():
        if name.startswith("w|") and (said := orjson.loads(value))[2] is not None:
            return name, said
    raise AssertionError("no watch has evidence")
