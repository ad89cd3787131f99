"""The days on record as fields of a row: `d|<block>`, each for 32 days with their witnesses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

import orjson

from monitor.state.days_on_record import BLOCK_DAYS, DaysOnRecord, Witness


def days_field(block: int) -> str:
    """Return the name of the field that holds the days of *block*: ordinal days // BLOCK_DAYS."""
    return f"d|{block}"


def days_value(days: DaysOnRecord, block: int) -> bytes:
    """Encode the days of *block* as `[[day, witness], ...]`; the witness of several is null."""
    witness_by_day, first, after = days.witness_by_day, block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS
    if after <= days.no_day_after:
        start = bisect_left(days.days, first)
        in_block = days.days[start : bisect_left(days.days, after, start)]
    else:
        in_block = [day for day in range(first, after) if day in witness_by_day]
    return orjson.dumps([(day, witness_by_day[day]) for day in in_block])


def days_fields(days: DaysOnRecord) -> Iterator[tuple[str, bytes]]:
    """Yield every field of the days on record."""
    for block in sorted({day // BLOCK_DAYS for day in days.witness_by_day}):
        yield days_field(block), days_value(days, block)


def days_from(value: bytes) -> dict[int, Witness]:
    """Decode a field that ``days_value`` encoded."""
    return dict(orjson.loads(value))
