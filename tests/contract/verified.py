"""A store into which a log was folded, spoilt a little, and what the comparison then names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from streams.log.file import FileLog
from streams.processor import PartitionProcessor
from streams.processor.refold import refold
from streams.replay.verify import VerifyReport, verify
from streams.store import Fields
from streams.store.memory import MemoryStore


async def folded_store(
    path: Path, until: int = 1 << 40, store: MemoryStore | None = None
) -> MemoryStore:
    """A store into which the log at *path* was folded."""
    store, log = store or MemoryStore(), FileLog(path)
    processor = PartitionProcessor(log, store, partition=0)
    await processor.claim()
    await refold(processor, log, until=until)
    await log.close()
    return store


async def compare(path: Path, store: MemoryStore) -> VerifyReport:
    log = FileLog(path)
    found = await verify(log, store, 0)
    await log.close()
    return found


def differing_fields(found: VerifyReport) -> list[tuple[str, str]]:
    return [(each.study, each.field) for each in found.differences]


def corrupt_field(fields: Fields, field: str) -> None:
    """Change one value a little."""
    value = fields[field]
    fields[field] = value[:-1] + (b"]" if value.endswith(b"}") else b"7" if value != b"7" else b"8")


def watch_with_evidence(store: MemoryStore) -> tuple[str, list[Any]]:
    """A watch with evidence, and what its field says."""
    fields = store.hashes["s:S"]
    for name, value in fields.items():
        if name.startswith("w|") and (values := orjson.loads(value))[2] is not None:
            return name, values
    raise AssertionError("no watch has evidence")
