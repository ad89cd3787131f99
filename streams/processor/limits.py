"""Limits of a partition processor, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from streams.store import PAIRS_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one partition processor.

    *memory_bytes* bounds the rows in memory; the least recently used are evicted, and loaded
    again when a record needs them.  *pairs_max* bounds the field and value pairs of one apply,
    because the store serves nothing else meanwhile: so many take about 15 ms.  A smaller limit
    costs more work, since a field that several records change is written once per apply.  One
    unreadable record is quarantined; *unreadable_max* of them in a row stop the partition, because
    to quarantine every record would be a silent outage.  A rebuild reads at most
    *rebuild_records_max* records and folds for *rebuild_seconds* a step, so that the partition
    continues between steps.  A study of *large_entities* or more is recounted, loaded and encoded
    whole in a thread, about 40 us an entity, because the loop also serves the probes and other
    partitions.  For the same reason a run is folded in the loop for *loop_seconds* and its rest in
    a thread, and a correction of a subject with *large_cases* or more in a thread at once;
    *large_write* changed fields or more of one row are encoded in a thread.  What was folded is
    written after *write_seconds*, so that a partition of costly records shows its progress, and
    little is folded again after a restart.
    """

    memory_bytes: int = 512 << 20
    pairs_max: int = 3 * PAIRS_MAX
    unreadable_max: int = 10
    rebuild_records_max: int = 20_000
    large_entities: int = 5_000
    large_cases: int = 500
    loop_seconds: float = 0.02
    large_write: int = 500
    write_seconds: float = 1.0
    rebuild_seconds: float = 0.1
