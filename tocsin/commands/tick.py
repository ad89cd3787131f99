"""``tocsin tick``: moves a quiet study's tables on to today."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from cyclopts import Parameter

from alerts.notification.durations import seconds_in
from monitor.errors import Refusal
from streams.kafka.sender import KafkaSender, Undelivered
from streams.log import LogUnreachable
from streams.producers.ticks import addressed, tick_of
from streams.records.decode import decode
from streams.settings import Settings
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import day_in
from tocsin.common.services import partitions_agreed, quietly_settled, unreachable
from tocsin.common.terminal import end_when_told


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
    settings, pause, until = quietly_settled(), seconds(every), day_of(day)
    if not studies:
        raise Stop(Exit.USAGE, "Name the studies: `tocsin tick STUDY ...`.")
    for study in studies:
        check(study, until)
    end_when_told()
    try:
        asyncio.run(ticking(studies, settings, until, pause))
    except (LogUnreachable, Undelivered) as error:
        raise unreachable(error) from None
    except KeyboardInterrupt:
        return


async def ticking(
    studies: Sequence[str], settings: Settings, day: date | None, pause: int | None
) -> None:
    """Tick once, or again after each *pause*."""
    await partitions_agreed(settings)
    sender = KafkaSender(settings.broker)
    try:
        while True:
            for study in studies:
                value = tick_of(study, datetime.now(UTC), day)
                message = addressed(study, value, settings.log_partitions)
                await sender.send(message)
                # Not the offset: with the open count of records it tells how many reviews came.
                print(f"{study}: partition {message.partition}", flush=True)
            if pause is None:
                return
            await asyncio.sleep(pause)
    finally:
        await sender.close()


def check(study: str, day: date | None) -> None:
    """Refuse what every worker would refuse."""
    read = decode(tick_of(study, datetime.now(UTC), day))
    if isinstance(read, Refusal):
        raise Stop(Exit.USAGE, f"{study}: {read.message}")


def seconds(every: str | None) -> int | None:
    """The pause that `1h` means."""
    if every is None:
        return None
    if (pause := seconds_in(every)) is None:
        raise Stop(Exit.USAGE, f"--every {every}: say how often, as in 30m or 1h.")
    return pause


def day_of(text: str | None) -> date | None:
    """The day that was asked for: not a later one than today, which nobody can know of."""
    day = day_in("--date", text)
    if day is not None and day > datetime.now(UTC).date():
        raise Stop(Exit.USAGE, f"--date {text} is yet to come: nobody knows what will happen.")
    return day
