"""``tocsin produce``: a file of records into Kafka, each record once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cyclopts import Parameter
from rich.text import Text

from streams.kafka.topics import LOG
from streams.log import LogUnreachable
from streams.log.file import FileLog
from streams.log.kafka import KafkaLog
from streams.producers.file_producer import Backlog, Sink, backlog, deliver, lacking
from streams.producers.pace import AtOnce, Pace, rate, speed
from streams.settings import Settings
from tocsin.common.exits import Exit, Stop
from tocsin.common.flags import Flag
from tocsin.common.progress import Bar
from tocsin.common.services import answered, partitions_agreed, quietly_settled
from tocsin.common.terminal import end_when_told, paper

SHOWN_LINES = 20


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How fast to produce.

    Parameters
    ----------
    rate
        So many records a second, as in 500/s.
    speed
        `max`, or how many times as fast as the records became known, as in 60x.
    quiet
        Shows no progress.
    """

    rate: str | None = None
    speed: str | None = None
    quiet: Flag = False

    @property
    def pace(self) -> Pace:
        """The pace that was asked for."""
        if self.rate is not None and self.speed is not None:
            raise Stop(Exit.USAGE, "Give --rate or --speed, not both.")
        try:
            if self.rate is not None:
                return rate(self.rate)
            return AtOnce() if self.speed is None else speed(self.speed)
        except ValueError as error:
            raise Stop(Exit.USAGE, f"{error}.") from None


def produce(log: Path, /, *, wishes: Wishes | None = None) -> None:
    """Send the records of LOG to Kafka that are not there yet, each to its study's partition.

    A run that was interrupted is taken up by the next one; a file that is there already adds
    nothing.  The broker is TOCSIN_BROKER, its topic must have TOCSIN_LOG_PARTITIONS partitions.

    Exit codes: 0 done, 2 a flag, a file or a setting is wrong, 3 a line was not sent, because it
    names no study or is too large, 4 no broker.

    Parameters
    ----------
    log
        A file of records, one JSON object a line, in the order of their arrival.
    """
    wishes = wishes or Wishes()
    settings, pace = quietly_settled(), wishes.pace
    end_when_told()
    missing, sent = answered(produced(log, settings, pace, watched=not wishes.quiet))
    print(f"{sent} record{'s' * (sent != 1)} sent, {missing.held.total()} were there.")
    report(missing)


async def produced(
    path: Path, settings: Settings, pace: Pace, *, watched: bool
) -> tuple[Backlog, int]:
    """What was missing, and how many records were sent."""
    file, partitions, sent = FileLog(path), settings.log_partitions, 0
    try:
        await file.ends()
    except LogUnreachable as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    await partitions_agreed(settings)
    missing = await backlog(file, partitions, lambda number: KafkaLog(settings.broker, LOG, number))
    async with Sink(settings.broker, LOG) as sink:
        with Bar("producing", missing.count, watched=watched) as bar:
            async for sent in deliver(lacking(file, partitions, missing), sink, pace):
                bar.show(sent)
    await file.close()
    return missing, sent


def report(missing: Backlog) -> None:
    """Name the lines that were not sent, on stderr, and end with 3 if there are any."""
    lines = missing.unsendable
    errors = paper(stderr=True)
    for each in lines[:SHOWN_LINES]:
        errors.print(Text(f"line {each.line}: not sent: {each.why}"), soft_wrap=True)
    if lines:
        raise Stop(Exit.REJECTED, f"{len(lines)} line{'s' * (len(lines) != 1)} not sent.")
