"""``tocsin tick``: advances the as-of date of studies that send no records."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from cyclopts import Parameter

from alerts.notification.durations import parse_duration
from monitor.errors import Refusal
from streams.kafka.sender import KafkaSender, Undelivered
from streams.log import LogUnreachable
from streams.producers.ticks import encode_tick, log_message
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
) -> None:
    """Advance the as-of date of each STUDY to today: exposure grows, watches are evaluated.

    A tick's id contains the hour; a second tick within the hour is a duplicate.  The broker is
    TOCSIN_BROKER.

    Exit codes: 0 done, 2 a flag, a name or a setting is invalid, 4 the broker does not answer.

    Parameters
    ----------
    studies
        Names of the studies as in their records.
    every
        Repeat the tick at this interval: 30m, 1h, 1d.
    day
        Advance to this day (YYYY-MM-DD) instead of today.
    """
    settings, interval, tick_day = (
        load_settings_quietly(),
        parse_interval(every),
        parse_tick_day(day),
    )
    if not studies:
        raise Stop(Exit.USAGE, "No study given: use `tocsin tick STUDY ...`.")
    for study in studies:
        check_study(study, tick_day)
    exit_on_sigterm()
    try:
        asyncio.run(send_ticks(studies, settings, tick_day, interval))
    except (LogUnreachable, Undelivered) as error:
        raise unreachable_stop(error) from None
    except KeyboardInterrupt:
        return


async def send_ticks(
    studies: Sequence[str], settings: Settings, day: date | None, interval: int | None
) -> None:
    """Send one tick for each study, once or every *interval* seconds.

    *day* None means the current UTC day.
    """
    await check_partition_count(settings)
    sender = KafkaSender(settings.broker)
    try:
        while True:
            for study in studies:
                value = encode_tick(study, datetime.now(UTC), day)
                message = log_message(study, value, settings.log_partitions)
                await sender.send(message)
                # Not the offset: with the open record count, it would reveal the number of reviews.
                print(f"{study}: partition {message.partition}", flush=True)
            if interval is None:
                return
            await asyncio.sleep(interval)
    finally:
        await sender.close()


def check_study(study: str, day: date | None) -> None:
    """Raise Stop where a worker would refuse the tick."""
    decoded = decode(encode_tick(study, datetime.now(UTC), day))
    if isinstance(decoded, Refusal):
        raise Stop(Exit.USAGE, f"{study}: {decoded.message}")


def parse_interval(every: str | None) -> int | None:
    """Parse an interval such as `1h` to seconds; raises Stop where it has another form."""
    if every is None:
        return None
    if (interval := parse_duration(every)) is None:
        raise Stop(Exit.USAGE, f"--every {every}: give an interval such as 30m or 1h.")
    return interval


def parse_tick_day(text: str | None) -> date | None:
    """Parse the day; raises Stop for a day after today (UTC), which has no data yet."""
    day = parse_day("--date", text)
    if day is not None and day > datetime.now(UTC).date():
        raise Stop(Exit.USAGE, f"--date {text} is in the future: give today or an earlier day.")
    return day
