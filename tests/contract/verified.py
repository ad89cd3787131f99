"""Stores with a folded log, small corruptions of them, and the comparison with the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from streams.log.file import FileLog
from streams.processor.processor import PartitionProcessor
from streams.processor.refold import refold
from streams.replay.verify import VerifyReport, verify
from streams.store import Fields
from streams.store.memory import MemoryStore


async def folded_store(
    path: Path, until: int = 1 << 40, store: MemoryStore | None = None
) -> MemoryStore:
    """Fold the log at *path* before offset *until* into *store*, or into a new one."""
    store, log = store or MemoryStore(), FileLog(path)
    processor = PartitionProcessor(log, store, partition=0)
    await processor.claim()
    await refold(processor, log, until=until)
    await log.close()
    return store


async def compare(path: Path, store: MemoryStore) -> VerifyReport:
    """Compare *store* with the log at *path*."""
    log = FileLog(path)
    report = await verify(log, store, 0)
    await log.close()
    return report


def differing_fields(report: VerifyReport) -> list[tuple[str, str]]:
    """The study and the field of each difference."""
    return [(each.study, each.field) for each in report.differences]


def corrupt_field(fields: Fields, field: str) -> None:
    """Change the last byte of one value."""
    value = fields[field]
    fields[field] = value[:-1] + (b"]" if value.endswith(b"}") else b"7" if value != b"7" else b"8")


def watch_with_evidence(store: MemoryStore) -> tuple[str, list[Any]]:
    """The field name of a watch with evidence, and its values."""
    fields = store.hashes["s:S"]
    for name, value in fields.items():
        if name.startswith("w|") and (values := orjson.loads(value))[2] is not None:
            return name, values
    raise AssertionError("no watch has evidence")
