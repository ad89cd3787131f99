"""``tocsin tick``: moves a quiet study's tables on to today."""

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
    """Say of each STUDY that nothing more has happened up to today.

    A tick is named by the hour: sent again within it, it changes nothing.  The broker is
    TOCSIN_BROKER.

    Exit codes: 0 done, 2 a flag, a name or a setting is wrong, 4 no broker.

    Parameters
    ----------
    studies
        The studies, as the records name them.
    every
        Goes on, and says so again after this long: 30m, 1h, 1d.
    day
        Says it of this day (YYYY-MM-DD) instead of today.
    """
    settings, interval, tick_day = (
        load_settings_quietly(),
        parse_interval(every),
        parse_tick_day(day),
    )
    if not studies:
        raise Stop(Exit.USAGE, "Name the studies: `tocsin tick STUDY ...`.")
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
    """Tick once, or again after each *pause*."""
    await check_partition_count(settings)
    sender = KafkaSender(settings.broker)
    try:
        while True:
            for study in studies:
                value = encode_tick(study, datetime.now(UTC), day)
                message = log_message(study, value, settings.log_partitions)
                await sender.send(message)
                # Not the offset: with the open count of records it tells how many reviews came.
                print(f"{study}: partition {message.partition}", flush=True)
            if interval is None:
                return
            await asyncio.sleep(interval)
    finally:
        await sender.close()


def check_study(study: str, day: date | None) -> None:
    """Refuse what every worker would refuse."""
    decoded = decode(encode_tick(study, datetime.now(UTC), day))
    if isinstance(decoded, Refusal):
        raise Stop(Exit.USAGE, f"{study}: {decoded.message}")


def parse_interval(every: str | None) -> int | None:
    """The pause that `1h` means."""
    if every is None:
        return None
    if (interval := parse_duration(every)) is None:
        raise Stop(Exit.USAGE, f"--every {every}: say how often, as in 30m or 1h.")
    return interval


def parse_tick_day(text: str | None) -> date | None:
    """The day that was asked for: not a later one than today, which nobody can know of."""
    day = parse_day("--date", text)
    if day is not None and day > datetime.now(UTC).date():
        raise Stop(Exit.USAGE, f"--date {text} is yet to come: nobody knows what will happen.")
    return day
