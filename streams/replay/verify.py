"""Holds a store to the log: what is in it must be what folding the log anew gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from math import isclose
from typing import Any

import orjson

from streams.log import Log
from streams.processor import PartitionProcessor
from streams.processor.pipeline import apply_record
from streams.processor.refold import ignore_progress, refold
from streams.records.signing import TRUST_ANYONE, Trust
from streams.store import Fields, Store
from streams.store.memory import MemoryStore
from streams.store.rows.digest import row_digest

CURSOR = ""
"""Stands for the cursor where a study is named."""

NOT_FROM_THE_LOG = {"released", "stopped"}
"""Of a cursor: what an operator says, and why it stands still; neither follows from the log."""

RELATIVE_TOLERANCE = 1e-9
"""Relative: the last bits of a logarithm differ from one processor to another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A *field* of a *study*, or of the cursor, that is not what the log says."""

    study: str
    field: str
    held: str
    due: str


@dataclass(slots=True)
class VerifyReport:
    """What was compared, and what differs."""

    partition: int
    records: int = 0
    behind: int = 0
    studies: list[str] = field(default_factory=list[str])
    differences: list[Difference] = field(default_factory=list[Difference])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSnapshot:
    """What a store holds: the cursor, and each row, every one of its own moment."""

    cursor: Fields
    rows: dict[str, Fields]

    @property
    def next_offset(self) -> int:
        """How far the cursor says that the partition was folded."""
        return int(self.cursor.get("next") or b"0")

    def comparison_offsets(self) -> Iterator[tuple[int, str]]:
        """At which offset each must be compared: a worker may have moved on in between."""
        yield self.next_offset, CURSOR
        for study, row in self.rows.items():
            position = row.get("pos", b"")
            yield (int(position) + 1 if position.isdigit() else self.next_offset), study


async def read_snapshot(store: Store) -> StoreSnapshot:
    """What *store* holds now."""
    cursor = await store.cursor()
    return StoreSnapshot(
        cursor=cursor, rows={each: await store.row(each) for each in studies_in_cursor(cursor)}
    )


async def verify(
    log: Log,
    store: Store,
    partition: int,
    report_progress: Callable[[int], None] = ignore_progress,
    trust: Trust = TRUST_ANYONE,
) -> VerifyReport:
    """Fold *log* in memory as far as *store* was, and compare field by field.

    Each row is compared at its own offset.  Raises StandsStill where the log cannot be folded.
    """
    stored, memory = await read_snapshot(store), MemoryStore()
    if released := stored.cursor.get("released"):
        await memory.release(int(released))
    processor = PartitionProcessor(
        log, memory, partition=partition, fold=partial(apply_record, trust=trust)
    )
    await processor.claim()
    report = VerifyReport(
        partition, studies=sorted(each for each, row in stored.rows.items() if row)
    )
    for offset, study in sorted(stored.comparison_offsets()):
        report.records = await refold(processor, log, until=offset, on_progress=report_progress)
        stored_fields = stored.cursor if study == CURSOR else stored.rows[study]
        expected_fields = await (memory.cursor() if study == CURSOR else memory.row(study))
        report.differences += compare_fields(study, stored_fields, expected_fields)
    report.behind = (await log.offset_range()).next - stored.next_offset
    return report


def compare_fields(study: str, stored: Fields, expected: Fields) -> Iterator[Difference]:
    """The fields of a row, or of the cursor, that are not what they should be."""
    if expected and not stored:
        yield Difference(study=study, field="*", held="nothing", due=f"{len(expected)} fields")
        return
    different = [
        name
        for name in sorted(stored.keys() | expected.keys())
        if name not in NOT_FROM_THE_LOG and name != "digest"
        if not values_agree(name, stored.get(name, b""), expected.get(name, b""))
    ]
    # Of its own fields: evidence that differs in its last bits makes another digest.
    if study != CURSOR and stored and stored.get("digest", b"") != row_digest(stored):
        different.append("digest")
        expected = {**expected, "digest": row_digest(stored)}
    for name in different:
        stored_text, expected_text = (shorten(each.get(name, b"")) for each in (stored, expected))
        yield Difference(study=study, field=name, held=stored_text, due=expected_text)


def values_agree(name: str, stored: bytes, expected: bytes) -> bool:
    """Whether a field says the same; the evidence of a watch but for its last bits."""
    if stored == expected:
        return True
    if not (name.startswith("w|") and stored and expected):
        return False
    try:
        (*stored_words, stored_log_e), (*expected_words, expected_log_e) = (
            verdict_values(each) for each in (stored, expected)
        )
    except (ValueError, TypeError):
        return False
    if stored_log_e is None or expected_log_e is None:
        return False
    return stored_words == expected_words and isclose(
        stored_log_e, expected_log_e, rel_tol=RELATIVE_TOLERANCE
    )


def verdict_values(value: bytes) -> list[Any]:
    """Level, ground and evidence of a watch."""
    level, reason, log_e = orjson.loads(value)
    return [level, reason, None if log_e is None else float.fromhex(log_e)]


def studies_in_cursor(cursor: Fields) -> list[str]:
    """The studies that the cursor names, whether or not it says that they have a row."""
    return sorted(name[len("pos|") :] for name in cursor if name.startswith("pos|"))


def shorten(value: bytes) -> str:
    """A value, as far as it is needed to see the difference."""
    text = value.decode(errors="replace")
    return text if len(text) <= 200 else f"{text[:200]}... ({len(value)} bytes)"
