"""Verifies a store: folds the log again in memory and compares the results field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from math import isclose
from typing import Any

import orjson

from streams.log import Log
from streams.processor.pipeline import apply_record
from streams.processor.processor import PartitionProcessor
from streams.processor.refold import ignore_progress, refold
from streams.records.signing import TRUST_ANYONE, Trust
from streams.store import Fields, Store
from streams.store.cursor_fields import is_operator_field, operator_fields
from streams.store.memory import CURSOR as CURSOR_NAME
from streams.store.memory import MemoryStore
from streams.store.rows.digest import row_digest

CURSOR = ""
"""Value of a study name that means the cursor."""

NOT_FROM_THE_LOG = {"digest", "stopped"}
"""Fields that are not compared as they are: a row's digest, and why a partition is stopped."""

RELATIVE_TOLERANCE = 1e-9
"""Relative tolerance of log e-values: the last bits of a logarithm differ between processors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field of a row, or of the cursor, that differs from the log folded again.

    *held* is the stored value, *due* the value by the log.
    """

    study: str
    field: str
    held: str
    due: str


@dataclass(slots=True)
class VerifyReport:
    """Result of verifying one partition.

    *records* is the offset up to which the log was folded; *behind* is how many records the stored
    cursor is behind the end of the log.
    """

    partition: int
    records: int = 0
    behind: int = 0
    studies: list[str] = field(default_factory=list[str])
    differences: list[Difference] = field(default_factory=list[Difference])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSnapshot:
    """The cursor and all rows of a store; each is read at its own moment."""

    cursor: Fields
    rows: dict[str, Fields]

    @property
    def next_offset(self) -> int:
        """The next offset by the cursor."""
        return int(self.cursor.get("next") or b"0")

    def comparison_offsets(self) -> Iterator[tuple[int, str]]:
        """Yield the offset at which the cursor and each row must be compared.

        The offsets differ where a worker folded records between the reads.
        """
        yield self.next_offset, CURSOR
        for study, row in self.rows.items():
            position = row.get("pos", b"")
            yield (int(position) + 1 if position.isdigit() else self.next_offset), study


async def read_snapshot(store: Store) -> StoreSnapshot:
    """Read the cursor of *store*, then each row that the cursor names."""
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
    """Fold *log* in memory up to the offsets of *store*, and compare field by field.

    Each row is compared at its own offset.  Raises RefoldStopped where the log cannot be folded.
    """
    stored = await read_snapshot(store)
    memory = MemoryStore({CURSOR_NAME: operator_fields(stored.cursor)})
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
    """Yield the fields of a row, or of the cursor, in which *stored* differs from *expected*."""
    if expected and not stored:
        yield Difference(study=study, field="*", held="nothing", due=f"{len(expected)} fields")
        return
    different = [
        name
        for name in sorted(stored.keys() | expected.keys())
        if name not in NOT_FROM_THE_LOG and not (study == CURSOR and is_operator_field(name))
        if not values_agree(name, stored.get(name, b""), expected.get(name, b""))
    ]
    # Recomputed from the stored fields: tolerated differences of evidence change the digest.
    if study != CURSOR and stored and stored.get("digest", b"") != row_digest(stored):
        different.append("digest")
        expected = {**expected, "digest": row_digest(stored)}
    for name in different:
        stored_text, expected_text = (shorten(each.get(name, b"")) for each in (stored, expected))
        yield Difference(study=study, field=name, held=stored_text, due=expected_text)


def values_agree(name: str, stored: bytes, expected: bytes) -> bool:
    """Whether two values of the field *name* agree; a watch's evidence within the tolerance."""
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
    """Level, reason and log e-value of a stored verdict."""
    level, reason, log_e = orjson.loads(value)
    return [level, reason, None if log_e is None else float.fromhex(log_e)]


def studies_in_cursor(cursor: Fields) -> list[str]:
    """The studies with a position in the cursor, sorted; some may have no row."""
    return sorted(name[len("pos|") :] for name in cursor if name.startswith("pos|"))


def shorten(value: bytes) -> str:
    """*value* as text, cut after 200 characters."""
    text = value.decode(errors="replace")
    return text if len(text) <= 200 else f"{text[:200]}... ({len(value)} bytes)"
