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
    *rebuild_records_max* records a step, so that the partition continues between steps.  A study
    of *large_entities* or more is recounted, loaded and encoded whole in a thread, about 40 us an
    entity, because the loop also serves the probes and other partitions.
    """

    memory_bytes: int = 512 << 20
    pairs_max: int = 3 * PAIRS_MAX
    unreadable_max: int = 10
    rebuild_records_max: int = 20_000
    large_entities: int = 5_000
