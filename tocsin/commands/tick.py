"""``tocsin tick``: advances the as-of date of studies that send no records."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from alerts.notification.durations import parse_duration
from monitor.errors import Refusal
from streams.kafka.partitioner import partition_of
from streams.kafka.sender import KafkaSender, Undelivered
from streams.log import LogUnreachable
from streams.producers.ticks import encode_tick, encode_ticks_since, log_message
from streams.records.decode import decode
from streams.settings import Settings
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import parse_day
from tocsin.common.services import check_partition_count, load_settings_quietly, unreachable_stop
from tocsin.common.terminal import exit_on_sigterm


def tick(
    *studies: str,
    every: str | None = None,
    day: Annotated[str | None, Parameter(name="--date")] = None,
    since: str | None = None,
    to: Path | None = None,
) -> None:
    """Advance the as-of date of each STUDY to today: exposure grows, watches are evaluated.

    A tick's id contains the hour; a second tick within the hour is a duplicate.  The broker is
    TOCSIN_BROKER.  After a silence longer than the plan's `as_of_jump_days` a single tick does not
    advance the date; --since sends one tick a day, which does.

    Exit codes: 0 done, 2 a flag, a name or a setting is invalid, 4 the broker does not answer.

    Parameters
    ----------
    studies
        Names of the studies as in their records.
    every
        Repeat the tick at this interval: 30m, 1h, 1d.
    day
        Advance to this day (YYYY-MM-DD) instead of today.
    since
        Send one tick for each day from this day on: see the as-of date in `tocsin doctor`.
    to
        Write the ticks to this file, one a line, instead of the broker; it must not exist.
    """
    interval = parse_interval(every, once=bool(since or to))
    tick_day, first_day = parse_tick_day("--date", day), parse_tick_day("--since", since)
    check_studies(studies, tick_day, first_day)
    if to is not None:
        return write_ticks(studies, to, tick_day, first_day)
    exit_on_sigterm()
    try:
        asyncio.run(send_ticks(studies, load_settings_quietly(), tick_day, first_day, interval))
    except (LogUnreachable, Undelivered) as error:
        raise unreachable_stop(error) from None
    except KeyboardInterrupt:
        return


def ticks_of(study: str, day: date | None, since: date | None) -> Iterator[bytes]:
    """Yield the tick of *day*, None for the current UTC day, or one for each day from *since*."""
    now = datetime.now(UTC)
    until = day or now.date()
    yield from encode_ticks_since(study, now, since or until, until)


def write_ticks(studies: Sequence[str], path: Path, day: date | None, since: date | None) -> None:
    """Write the ticks of all studies to a new file; raises Stop where that is not possible."""
    lines = [line + b"\n" for study in studies for line in ticks_of(study, day, since)]
    try:
        with path.open("xb") as file:
            file.writelines(lines)
    except OSError as error:
        raise Stop(Exit.USAGE, f"{path} cannot be written: {error.strerror}.") from None
    print(f"{len(lines)} ticks written to {path}", flush=True)


async def send_ticks(
    studies: Sequence[str],
    settings: Settings,
    day: date | None,
    since: date | None,
    interval: int | None,
) -> None:
    """Send the ticks of each study, once or every *interval* seconds: see ``ticks_of``."""
    await check_partition_count(settings)
    sender = KafkaSender(settings.broker)
    try:
        while True:
            for study in studies:
                partition = partition_of(study, settings.log_partitions)
                for value in ticks_of(study, day, since):
                    await sender.send(log_message(study, value, settings.log_partitions))
                # Not the offset: with the open record count, it would reveal the number of reviews.
                print(f"{study}: partition {partition}", flush=True)
            if interval is None:
                return
            await asyncio.sleep(interval)
    finally:
        await sender.close()


def check_studies(studies: Sequence[str], day: date | None, since: date | None) -> None:
    """Raise Stop where no study or no day is given, or where a worker would refuse the tick."""
    if since and day and since > day:
        raise Stop(Exit.USAGE, f"--since {since} is after --date {day}.")
    if not studies:
        raise Stop(Exit.USAGE, "No study given: use `tocsin tick STUDY ...`.")
    for study in studies:
        decoded = decode(encode_tick(study, datetime.now(UTC), day))
        if isinstance(decoded, Refusal):
            raise Stop(Exit.USAGE, f"{study}: {decoded.message}")


def parse_interval(every: str | None, *, once: bool) -> int | None:
    """Parse an interval such as `1h` to seconds; raises Stop where it has another form.

    Another flag sends its ticks *once*: then there must be no interval.
    """
    if every is None:
        return None
    if once:
        raise Stop(Exit.USAGE, "Give --every alone: --since and --to send their ticks once.")
    if (interval := parse_duration(every)) is None:
        raise Stop(Exit.USAGE, f"--every {every}: give an interval such as 30m or 1h.")
    return interval


def parse_tick_day(flag: str, text: str | None) -> date | None:
    """Parse the day; raises Stop for a day after today (UTC), which has no data yet."""
    day = parse_day(flag, text)
    if day is not None and day > datetime.now(UTC).date():
        raise Stop(Exit.USAGE, f"{flag} {text} is in the future: give today or an earlier day.")
    return day
