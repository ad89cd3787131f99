"""The log of the demo: its size, and the pace at which it is produced."""

from __future__ import annotations

from typing import NamedTuple

from streams.local.embedded import BYTES_MAX, ENVELOPE_BYTES, RECORDS_MAX
from streams.log import Log, LogUnreachable, records_of
from streams.producers.pace import Pace, Speed, parse_speed, read_known_at
from tocsin.common.exits import Exit, Stop

LOG_SECONDS = 40
"""Duration of the log at the default speed."""


class LogSize(NamedTuple):
    """Number of records of a log, seconds from the first to the last known_at, and bytes."""

    records: int
    seconds: int
    bytes: int


async def measure_log(log: Log) -> LogSize:
    """Measure *log*, and close it; raises Stop where it is too large for the embedded broker."""
    try:
        values = [record.value or b"" async for record in records_of(log)]
    except LogUnreachable as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    finally:
        await log.close()
    known_times = [each for each in map(read_known_at, values) if each is not None]
    total_bytes = sum(map(len, values)) + ENVELOPE_BYTES * len(values)
    if len(values) > RECORDS_MAX or total_bytes > BYTES_MAX:
        message = f"The embedded broker holds {RECORDS_MAX:,} records and {BYTES_MAX >> 20} MiB"
        raise Stop(Exit.USAGE, f"{message}, the log has more: `tocsin replay` has no limit.")
    seconds = max(known_times, default=0) - min(known_times, default=0)
    return LogSize(len(values), seconds, total_bytes)


def select_pace(text: str | None, seconds: int) -> Pace:
    """Parse a speed; by default the log of *seconds* takes `LOG_SECONDS`."""
    if text is None:
        return Speed(max(seconds, 1) / LOG_SECONDS)
    try:
        return parse_speed(text)
    except ValueError as error:
        raise Stop(Exit.USAGE, f"--speed: {error}.") from None
